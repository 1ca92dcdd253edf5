"""Every way in: the receivers, the inbox, the engine, the command line and the simulator."""
