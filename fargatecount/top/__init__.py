"""What `fargatecount top` shows: tables of clusters, services, tasks, refusals and changes, sorted, filtered and drilled into; pure."""
