"""moto's AWS with what it gets wrong, or lacks, put right: the program that ``Cloud`` runs.

What is added speaks AWS's own protocol, from the service model that botocore and moto share.
"""
