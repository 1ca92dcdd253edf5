"""The core: which work serves which key result, and why.

Read it from the bottom up; imports point down only.

model      the nouns
tags       how people write codes, keys and opt-outs
okrs       the catalogue: cycles, objectives, key results
held       what we hold of one item: the newest of each facet
acts       labels set and removed, relations, decisions on an item
own        what an item says of itself: tags, opt-out, decisions that stand
rules      RULES: item + catalogue -> links
graph      the trace graph and what each item serves
trace      the graph in full ids of key results
spans      when each link held
scope      sums of a sprint that add up exactly
optouts    opt-outs counted, umbrella tickets, links made after the merge
suggest    ranked key results for an item that has none
verdict    pull request -> verdict
changes    what we want on a tracker minus what is there
moves      which sprint an item should be in, by people's decisions
config     app.yaml and the environment
store      what is kept
trackers   Jira and GitHub: their JSON, and the calls that read and write
batch      what one transaction of the fold has in hand
resolve    which item a name means
linking    texts of the items in a batch -> links
past       the whole past of one item, folded once more
ending     what a fold writes when all is decided
fold       a delivery becomes links and standing
moving     what the store knows of those decisions
settle     an item becomes changes
why        every path from an item to a key result
"""
