# Reads a run folder of dualtape: tables and checkpoints. Base R only.
#
#   source("load_run.R")
#   metrics <- load_table("runs/.../metrics.tsv")
#   weights <- load_checkpoint("runs/.../checkpoints/step-00010000.safetensors")
#   weights[["layers.0.weight"]]        # a matrix with the shape of the tensor
#
# The manifest, with a package: jsonlite::fromJSON("runs/.../manifest.json").

# A data frame. Empty cells, "not measured", are NA. A last line without its end, left by a killed
# run, is dropped.
load_table <- function(path) {
  text <- sub("[^\n]*$", "", readChar(path, file.size(path), useBytes = TRUE))
  read.table(text = text, header = TRUE, sep = "\t", quote = "", comment.char = "",
             na.strings = "", check.names = FALSE, encoding = "UTF-8")
}

# Arrays by name. 64-bit integers become numbers, exact up to 2^53.
load_checkpoint <- function(path) {
  file <- file(path, "rb")
  on.exit(close(file))
  size <- sum(readBin(file, "integer", 8, size = 1, signed = FALSE) * 256^(0:7))
  header <- rawToChar(readBin(file, "raw", size))
  Encoding(header) <- "UTF-8"
  payload <- readBin(file, "raw", file.size(path) - 8 - size)

  # Names in these files hold no quotes, so base R can find the entries without a JSON reader.
  pattern <- paste0('"([^"]+)":\\{"dtype":"(\\w+)","shape":\\[([0-9,]*)\\],',
                    '"data_offsets":\\[([0-9]+),([0-9]+)\\]\\}')
  found <- regmatches(header, gregexpr(pattern, header))[[1]]
  tensors <- list()
  for (entry in found) {
    part <- regmatches(entry, regexec(pattern, entry))[[1]]
    shape <- as.numeric(strsplit(part[4], ",")[[1]])
    first <- as.numeric(part[5])
    bytes <- payload[first + seq_len(as.numeric(part[6]) - first)]
    read <- function(what, size) {
      readBin(bytes, what, length(bytes) / size, size = size, endian = "little")
    }
    values <- switch(part[3],
      F64 = read("double", 8), F32 = read("double", 4), I32 = read("integer", 4),
      U8 = as.integer(bytes),
      I64 = {
        halves <- matrix(read("integer", 4), nrow = 2)
        halves[2, ] * 2^32 + ifelse(halves[1, ] < 0, halves[1, ] + 2^32, halves[1, ])
      })
    # The file is row-major, R is column-major: read with the extents reversed, then turn.
    if (length(shape) > 1) values <- aperm(array(values, rev(shape)))
    tensors[[part[2]]] <- values
  }
  tensors
}
