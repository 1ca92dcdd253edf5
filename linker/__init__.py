"""The core: which work serves which key result, and why.

Read it from the bottom up; imports point down only.

model      the nouns
tags       how people write codes, keys and opt-outs
okrs       the catalogue: cycles, objectives, key results
rules      item + catalogue -> links
graph      the trace graph and what each item serves
verdict    pull request -> verdict
changes    what we want on a tracker minus what is there
config     app.yaml and the environment
store      what is kept
trackers   Jira and GitHub: their JSON, and the calls that read and write
fold       a delivery becomes links and standing
settle     an item becomes changes
"""
