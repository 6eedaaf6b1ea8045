# Reads a run folder of dualtape: tables and checkpoints. Base Julia only.
#
#   include("load_run.jl")
#   metrics = load_table("runs/.../metrics.tsv")        # metrics["step"]
#   weights = load_checkpoint("runs/.../checkpoints/step-00010000.safetensors")
#   weights["layers.0.weight"]                          # an array with the shape of the tensor
#
# The manifest, with a package: JSON.parsefile("runs/.../manifest.json").

# Columns by name: numbers, with NaN for empty cells, or texts where not all are numbers.
function load_table(path)
    lines = split(read(path, String), '\n')[1:end-1]  # drops a line without its end
    rows = [split(line, '\t') for line in lines]
    columns = Dict{String,Vector}()
    for (i, name) in enumerate(rows[1])
        cells = [row[i] for row in rows[2:end]]
        numbers = [isempty(cell) ? NaN : tryparse(Float64, cell) for cell in cells]
        columns[name] = any(isnothing, numbers) ? String.(cells) : Float64.(numbers)
    end
    return columns
end

const ELEMENTS = Dict("F64" => Float64, "F32" => Float32, "I64" => Int64, "I32" => Int32,
                      "U8" => UInt8)

# Arrays by name.
function load_checkpoint(path)
    data = read(path)
    size = Int(ltoh(reinterpret(UInt64, data[1:8])[1]))
    header = String(data[9:8+size])
    payload = data[9+size:end]
    # Names in these files hold no quotes, so the entries are found without a JSON reader.
    pattern = r"\"([^\"]+)\":\{\"dtype\":\"(\w+)\",\"shape\":\[([0-9,]*)\],\"data_offsets\":\[([0-9]+),([0-9]+)\]\}"
    tensors = Dict{String,Array}()
    for entry in eachmatch(pattern, header)
        name, dtype, extents, first, last = entry.captures
        shape = isempty(extents) ? Int[] : parse.(Int, split(extents, ','))
        bytes = payload[parse(Int, first)+1:parse(Int, last)]
        values = collect(ltoh.(reinterpret(ELEMENTS[dtype], bytes)))
        # The file is row-major, Julia is column-major: read with the extents reversed, then turn.
        turned = reshape(values, Tuple(reverse(shape)))
        tensors[name] = permutedims(turned, ndims(turned):-1:1)
    end
    return tensors
end
