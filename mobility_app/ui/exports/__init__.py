"""What leaves the app as a file of figures: CSV of what a tab shows, PDF of a billing document. Made in memory when it is
asked for, sent, and gone: nothing plain is left on the disk of this device.
"""
