#pragma once
// Checkpoints in the safetensors format: named tensors, readable by safetensors.torch.load_file,
// by NumPy and by tools/load_run.*. The reader distrusts every byte.
//
// Layout of a file: 8 bytes, the length n of the header (little-endian); n bytes of JSON, for each
// tensor its dtype, shape and byte range; then the bytes of all tensors, without gaps. Tensors are
// row-major there; the Eigen matrices here are column-major, and add_matrix and matrix turn them,
// so that a weight of rows x cols is a (rows, cols) tensor in PyTorch.
// Source: https://github.com/huggingface/safetensors, section "Format".

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::lab {

enum class Dtype { f64, i64, f32, i32, u8 };

struct Tensor {
    std::string name;  // dotted: "blocks.0.attention.w_query"
    Dtype dtype = Dtype::f32;
    std::vector<std::int64_t> shape;  // empty: a single number
    std::vector<std::byte> bytes;     // row-major, little-endian
};

// The content of one file. Elements of type double, float, std::int64_t, std::int32_t and
// std::uint8_t are supported; a tensor is read only as the type it was written with.
class TensorFile {
  public:
    // Texts that travel along: step, settings hash. "checksum" is filled in when writing.
    std::map<std::string, std::string> metadata;

    // Each throws std::invalid_argument if the name is empty, reserved or already there.
    template <class Scalar>
    void add_matrix(std::string name, In<Mat<Scalar>> matrix);  // shape (rows, cols)
    template <class Scalar>
    void add_vector(std::string name, std::span<const Scalar> values);  // shape (size)
    template <class Scalar>
    void add_number(std::string name, Scalar value);  // shape ()
    // Any shape, values in row-major order.
    template <class Scalar>
    void add(std::string name, std::vector<std::int64_t> shape, std::span<const Scalar> values);
    void add(Tensor tensor);

    // Each throws InputError that names the file and the tensor if it is missing, has another
    // dtype, or another number of dimensions.
    template <class Scalar>
    Mat<Scalar> matrix(std::string_view name) const;
    template <class Scalar>
    std::vector<Scalar> values(std::string_view name) const;  // row-major, any shape
    template <class Scalar>
    Scalar number(std::string_view name) const;
    const Tensor& tensor(std::string_view name) const;
    bool contains(std::string_view name) const;
    // Throws InputError if the key is missing.
    const std::string& text(const std::string& key) const;

    const std::vector<Tensor>& tensors() const { return tensors_; }

    // Where the content came from, for messages; empty if it was made in memory.
    std::string where;

  private:
    std::vector<Tensor> tensors_;
};

// Writes atomically. The same content gives the same bytes, in whatever order it was added.
void write_tensors(const std::filesystem::path& path, const TensorFile& file);

// Throws InputError naming the file, the fault and a remedy for anything that is not exactly a
// safetensors file of the dtypes above, or whose checksum, if it has one, does not hold; also for
// one of more than `most_bytes`.
TensorFile read_tensors(const std::filesystem::path& path, std::int64_t most_bytes);
TensorFile read_tensors(const std::filesystem::path& path);

// The same without a disk, for tests and fuzzing; `where` stands in the messages.
std::string encode_tensors(const TensorFile& file);
TensorFile decode_tensors(std::string_view bytes, const std::string& where);

}  // namespace dualtape::lab
