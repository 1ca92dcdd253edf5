"""One pull request judged without a server: by the same road as the service, in a store that is thrown away.

event     the file that GitHub Actions writes, as an event that we judge
settings  app.yaml where there is one, else the least that the event itself gives
reads     what the pull request names, asked of the trackers: a bounded number, and each once
judging   the event folded, read on and judged
message   a commit message, before there is a pull request
"""
