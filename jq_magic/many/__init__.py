"""What happens over many documents?

`documents` runs a program over them in order, `lanes` are the threads that do it, `chunks` what a thread takes at a
time, `total` what all of them may use together, and `progress` the bar that shows how far they are.
"""
