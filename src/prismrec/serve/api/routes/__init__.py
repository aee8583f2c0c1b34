"""Routes: one file per noun; each makes a router that asks the service and nothing else."""
