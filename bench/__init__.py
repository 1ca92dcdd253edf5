"""Benchmarks: how fast, how large, beside what else. `python -m bench` prints figures and ratios.

load         sends requests from a process of its own and times the answers
servers      what is measured: our receivers, a bare handler, a trivial one, on the same server settings
company      configuration, a real delivery, and thousands of generated ones
ack          a durable, verified ack beside a bare handler; acks while a backlog is folded
fold         deliveries folded a second at two sizes of the store, and where the time goes
graph_bytes  bytes a node of the trace graph
"""
