"""What happens in one run?

`run` has the steps of one run in the guest, `lease` the instance that the run has, `pool` where instances come from and
go, `image` how one is put back to an earlier moment, `room` how much memory there is for one, `worker` the threads that
run it and the deadline that ends it, `placement` on which processor they do, and `stream` makes a result of the
batches.
"""
