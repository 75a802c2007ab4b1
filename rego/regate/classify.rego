package regate

import data.regate.classifier

# METADATA
# title: Classification
# description: |
#   What one tool is, from its definition as the server listed it, which is the whole input here. Always defined: what
#   can't be read is as dangerous as can be.
# entrypoint: true
classify := classifier.classification
