#include "experiments/lab/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <limits>
#include <set>
#include <stdexcept>
#include <tuple>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "experiments/lab/errors.h"
#include "experiments/lab/files.h"
#include "experiments/lab/sha256.h"
#include "experiments/lab/suggest.h"

namespace dualtape::lab {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little,
              "tensors are copied as they lie in memory, which the format wants little-endian");

constexpr std::uint64_t kMaxHeader = 1 << 20;  // bytes; ours have a few hundred
constexpr const char* kMetadata = "__metadata__";
constexpr const char* kChecksum = "checksum";
// Of any file, wherever it came from: a checkpoint, a vector, the output of another program.
constexpr const char* kDamaged = "the file is damaged; write it again, or name another";
constexpr const char* kTruncated =
    "it is truncated or no safetensors file; write it again, or name another";

struct DtypeRow {
    Dtype dtype;
    const char* name;
    std::size_t bytes;
};
constexpr DtypeRow kDtypes[] = {{Dtype::f64, "F64", 8},
                                {Dtype::i64, "I64", 8},
                                {Dtype::f32, "F32", 4},
                                {Dtype::i32, "I32", 4},
                                {Dtype::u8, "U8", 1}};

const DtypeRow& row_of(Dtype dtype) {
    return *std::find_if(std::begin(kDtypes), std::end(kDtypes),
                         [&](const DtypeRow& row) { return row.dtype == dtype; });
}

template <class Scalar>
constexpr Dtype dtype_of() {
    if constexpr (std::is_same_v<Scalar, double>) return Dtype::f64;
    if constexpr (std::is_same_v<Scalar, float>) return Dtype::f32;
    if constexpr (std::is_same_v<Scalar, std::int64_t>) return Dtype::i64;
    if constexpr (std::is_same_v<Scalar, std::int32_t>) return Dtype::i32;
    if constexpr (std::is_same_v<Scalar, std::uint8_t>) return Dtype::u8;
}

std::string readable_bytes(std::uint64_t bytes) {
    const char* units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1000 && unit + 1 < std::size(units)) value /= 1000, ++unit;
    char text[40];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    return text + ")";
}

// The product of the extents times the size of an element. False if it does not fit.
bool byte_size(const std::vector<std::int64_t>& shape, std::size_t element, std::uint64_t& bytes) {
    bytes = element;
    for (const std::int64_t extent : shape)
        if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes))
            return false;
    return true;
}

// Over the content, each part with its length, so that it does not depend on how JSON is spelled.
std::string checksum_of(const TensorFile& file) {
    Sha256 hash;
    const auto add = [&](std::string_view part) {
        hash.update(std::to_string(part.size()) + ":");
        hash.update(part);
    };
    for (const auto& [key, value] : file.metadata) {
        if (key == kChecksum) continue;
        add(key);
        add(value);
    }
    std::vector<const Tensor*> order;
    for (const Tensor& tensor : file.tensors()) order.push_back(&tensor);
    std::sort(order.begin(), order.end(),
              [](const Tensor* left, const Tensor* right) { return left->name < right->name; });
    for (const Tensor* tensor : order) {
        add(tensor->name);
        add(row_of(tensor->dtype).name + shape_text(tensor->shape));
        add({reinterpret_cast<const char*>(tensor->bytes.data()), tensor->bytes.size()});
    }
    return "sha256:" + hash.hex();
}

class Decoder {
  public:
    Decoder(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

    TensorFile decode() {
        const json header = parse_header();
        file_.where = where_;
        for (const auto& [name, entry] : header.items()) {
            if (name == kMetadata)
                read_metadata(entry);
            else
                read_entry(name, entry);
        }
        read_payload();
        const auto checksum = file_.metadata.find(kChecksum);
        if (checksum != file_.metadata.end() && checksum->second != checksum_of(file_))
            fail("the checksum does not hold: the content was changed after writing", kDamaged);
        return std::move(file_);
    }

  private:
    struct Range {
        std::uint64_t begin, end;
        Tensor tensor;
    };

    [[noreturn]] void fail(const std::string& what, const std::string& hint) const {
        throw InputError(where_, what, hint);
    }

    // Step 1. The length of the header, then its JSON, each object without repeated keys.
    json parse_header() {
        if (bytes_.size() < 8)
            fail("the file has " + readable_bytes(bytes_.size()) + ", too few for a header",
                 kTruncated);
        std::uint64_t length = 0;
        std::memcpy(&length, bytes_.data(), 8);
        if (length > bytes_.size() - 8)
            fail("the header says it has " + readable_bytes(length) + ", the file has " +
                     readable_bytes(bytes_.size()),
                 kTruncated);
        if (length > kMaxHeader)
            fail("the header has " + readable_bytes(length) + ", at most 1 MB is read",
                 "store fewer tensors in one file");
        const std::string_view text = bytes_.substr(8, length);
        payload_ = bytes_.substr(8 + length);
        if (text.empty() || text.front() != '{')
            fail("the header does not start with a brace",
                 "this is no safetensors file; check the path");
        // nlohmann-json takes a byte 0 for the end and passes over what follows.
        if (text.find('\0') != text.npos) fail("the header holds a byte 0", kDamaged);

        // nlohmann-json keeps the last of two equal keys without a word.
        std::vector<std::set<std::string>> keys;
        const auto refuse_repeats = [&](int, json::parse_event_t event, json& parsed) {
            if (event == json::parse_event_t::object_start) keys.emplace_back();
            if (event == json::parse_event_t::object_end) keys.pop_back();
            if (event == json::parse_event_t::key) {
                const auto& name = parsed.get_ref<const std::string&>();
                if (!keys.back().insert(name).second)
                    fail("\"" + name + "\" stands twice in the header", kDamaged);
            }
            return true;
        };
        try {
            return json::parse(text.begin(), text.end(), refuse_repeats);
        } catch (const json::exception& error) {
            fail(std::string("the header is not valid JSON: ") + error.what(), kDamaged);
        }
    }

    // Step 2. Metadata: texts only.
    void read_metadata(const json& entry) {
        if (!entry.is_object()) fail("the metadata is not an object of texts", kDamaged);
        for (const auto& [key, value] : entry.items()) {
            if (!value.is_string()) fail("the metadata \"" + key + "\" is not a text", kDamaged);
            file_.metadata[key] = value.get<std::string>();
        }
    }

    // Step 3. One tensor: exactly dtype, shape and a byte range of the size these two ask for.
    void read_entry(const std::string& name, const json& entry) {
        const std::string what = "tensor \"" + name + "\"";
        if (name.empty()) fail("a tensor has no name", kDamaged);
        if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") ||
            !entry.contains("shape") || !entry.contains("data_offsets"))
            fail(what + " has not exactly dtype, shape and data_offsets", kDamaged);

        Range range;
        range.tensor.name = name;
        const json& dtype = entry.at("dtype");
        if (!dtype.is_string()) fail(what + ": dtype is not a text", kDamaged);
        const auto row = std::find_if(std::begin(kDtypes), std::end(kDtypes),
                                      [&](const DtypeRow& known) { return dtype == known.name; });
        if (row == std::end(kDtypes))
            fail(what + " has dtype \"" + dtype.get<std::string>() +
                     "\", known are F64, I64, F32, I32, U8",
                 "convert the tensor before saving, e.g. tensor.float() in PyTorch");
        range.tensor.dtype = row->dtype;

        for (const std::uint64_t extent : unsigned_numbers(entry.at("shape"), what + ": shape"))
            range.tensor.shape.push_back(static_cast<std::int64_t>(extent));
        const auto offsets = unsigned_numbers(entry.at("data_offsets"), what + ": data_offsets");
        if (offsets.size() != 2)
            fail(what + ": data_offsets has " + std::to_string(offsets.size()) +
                     " numbers, expected 2",
                 kDamaged);
        range.begin = offsets[0];
        range.end = offsets[1];
        std::uint64_t bytes = 0;
        if (!byte_size(range.tensor.shape, row->bytes, bytes))
            fail(
                what + " of shape " + shape_text(range.tensor.shape) + " is larger than any memory",
                kDamaged);
        if (range.begin > range.end || range.end - range.begin != bytes)
            fail(what + " of shape " + shape_text(range.tensor.shape) + " and dtype " + row->name +
                     " needs " + std::to_string(bytes) + " bytes, its range is [" +
                     std::to_string(range.begin) + ", " + std::to_string(range.end) + ")",
                 kDamaged);
        ranges_.push_back(std::move(range));
    }

    std::vector<std::uint64_t> unsigned_numbers(const json& list, const std::string& what) const {
        if (!list.is_array()) fail(what + " is not a list", kDamaged);
        std::vector<std::uint64_t> numbers;
        for (const json& item : list) {
            if (!item.is_number_unsigned() ||
                item.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
                fail(what + " holds something else than whole numbers from 0 to 2^63 - 1",
                     kDamaged);
            numbers.push_back(item.get<std::uint64_t>());
        }
        return numbers;
    }

    // Step 4. The ranges cover the rest of the file without gap and overlap; copy the bytes.
    void read_payload() {
        std::sort(ranges_.begin(), ranges_.end(), [](const Range& left, const Range& right) {
            return std::tie(left.begin, left.end) < std::tie(right.begin, right.end);
        });
        std::uint64_t expected = 0;
        for (const Range& range : ranges_) {
            if (range.begin != expected)
                fail("tensor \"" + range.tensor.name + "\" starts at byte " +
                         std::to_string(range.begin) + ", expected " + std::to_string(expected) +
                         ": tensors overlap or leave a gap",
                     kDamaged);
            expected = range.end;
        }
        if (expected != payload_.size())
            fail("the header says the tensors have " + readable_bytes(expected) + " (" +
                     std::to_string(expected) + "), the file has " +
                     readable_bytes(payload_.size()) + " (" + std::to_string(payload_.size()) + ")",
                 expected > payload_.size() ? kTruncated : kDamaged);
        for (Range& range : ranges_) {
            const auto* data = reinterpret_cast<const std::byte*>(payload_.data());
            range.tensor.bytes.assign(data + range.begin, data + range.end);
            file_.add(std::move(range.tensor));
        }
    }

    std::string_view bytes_, payload_;
    std::string where_;
    std::vector<Range> ranges_;
    TensorFile file_;
};

}  // namespace

void TensorFile::add(Tensor tensor) {
    if (tensor.name.empty() || tensor.name == kMetadata || contains(tensor.name))
        throw std::invalid_argument("tensor name \"" + tensor.name +
                                    "\" is empty, reserved or already there");
    std::uint64_t bytes = 0;
    if (!byte_size(tensor.shape, row_of(tensor.dtype).bytes, bytes) || bytes != tensor.bytes.size())
        throw std::invalid_argument(
            "tensor \"" + tensor.name + "\" of shape " + shape_text(tensor.shape) + " and dtype " +
            row_of(tensor.dtype).name + " has " + std::to_string(tensor.bytes.size()) + " bytes");
    tensors_.push_back(std::move(tensor));
}

template <class Scalar>
void TensorFile::add(std::string name, std::vector<std::int64_t> shape,
                     std::span<const Scalar> values) {
    Tensor tensor{std::move(name), dtype_of<Scalar>(), std::move(shape), {}};
    const auto bytes = std::as_bytes(values);
    tensor.bytes.assign(bytes.begin(), bytes.end());
    add(std::move(tensor));
}

template <class Scalar>
void TensorFile::add_matrix(std::string name, In<Mat<Scalar>> matrix) {
    const Mat<Scalar> turned = matrix.transpose();  // column-major of this is row-major of matrix
    add<Scalar>(std::move(name), {matrix.rows(), matrix.cols()},
                {turned.data(), static_cast<std::size_t>(turned.size())});
}

template <class Scalar>
void TensorFile::add_vector(std::string name, std::span<const Scalar> values) {
    add<Scalar>(std::move(name), {static_cast<std::int64_t>(values.size())}, values);
}

template <class Scalar>
void TensorFile::add_number(std::string name, Scalar value) {
    add<Scalar>(std::move(name), {}, {&value, 1});
}

bool TensorFile::contains(std::string_view name) const {
    return std::any_of(tensors_.begin(), tensors_.end(),
                       [&](const Tensor& tensor) { return tensor.name == name; });
}

const Tensor& TensorFile::tensor(std::string_view name) const {
    for (const Tensor& tensor : tensors_)
        if (tensor.name == name) return tensor;
    std::vector<std::string> names;
    for (const Tensor& tensor : tensors_) names.push_back(tensor.name);
    const std::string near = nearest_word(name, names);
    throw InputError(
        where, "no tensor \"" + std::string(name) + "\"",
        near.empty() ? "the file holds: " + join(names) : "did you mean \"" + near + "\"?");
}

const std::string& TensorFile::text(const std::string& key) const {
    const auto found = metadata.find(key);
    if (found == metadata.end())
        throw InputError(where, "no metadata \"" + key + "\"",
                         "another program or version wrote this file");
    return found->second;
}

template <class Scalar>
std::vector<Scalar> TensorFile::values(std::string_view name) const {
    const Tensor& found = tensor(name);
    if (found.dtype != dtype_of<Scalar>())
        throw InputError(where,
                         "tensor \"" + found.name + "\" is " + row_of(found.dtype).name +
                             ", expected " + row_of(dtype_of<Scalar>()).name,
                         "it was written with another precision or by another program");
    std::vector<Scalar> result(found.bytes.size() / sizeof(Scalar));
    if (!result.empty()) std::memcpy(result.data(), found.bytes.data(), found.bytes.size());
    return result;
}

template <class Scalar>
Mat<Scalar> TensorFile::matrix(std::string_view name) const {
    const Tensor& found = tensor(name);
    if (found.shape.size() != 2)
        throw InputError(where,
                         "tensor \"" + found.name + "\" has shape " + shape_text(found.shape) +
                             ", expected a matrix",
                         "it belongs to another model or version");
    const std::vector<Scalar> row_major = values<Scalar>(name);
    // With one extent zero the other may be anything up to 2^63 - 1; Eigen would multiply them.
    if (row_major.empty()) {
        const auto small = [](std::int64_t extent) { return extent < (std::int64_t{1} << 31); };
        if (!small(found.shape[0]) || !small(found.shape[1]))
            throw InputError(where,
                             "tensor \"" + found.name + "\" has shape " + shape_text(found.shape) +
                                 ", too large for a matrix",
                             kDamaged);
        return Mat<Scalar>(found.shape[0], found.shape[1]);
    }
    using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const RowMajor>(row_major.data(), found.shape[0], found.shape[1]);
}

template <class Scalar>
Scalar TensorFile::number(std::string_view name) const {
    const std::vector<Scalar> all = values<Scalar>(name);
    if (all.size() != 1)
        throw InputError(where,
                         "tensor \"" + std::string(name) + "\" has " + std::to_string(all.size()) +
                             " elements, expected one number",
                         "it belongs to another model or version");
    return all.front();
}

// Wide elements first, then by name: every tensor is aligned, as PyTorch wants it, and the bytes
// do not depend on the order in which tensors were added.
std::string encode_tensors(const TensorFile& file) {
    std::vector<const Tensor*> order;
    for (const Tensor& tensor : file.tensors()) order.push_back(&tensor);
    std::sort(order.begin(), order.end(), [](const Tensor* left, const Tensor* right) {
        const std::size_t left_bytes = row_of(left->dtype).bytes;
        const std::size_t right_bytes = row_of(right->dtype).bytes;
        return left_bytes != right_bytes ? left_bytes > right_bytes : left->name < right->name;
    });

    nlohmann::ordered_json header;
    for (const auto& [key, value] : file.metadata)
        if (key != kChecksum) header[kMetadata][key] = value;
    header[kMetadata][kChecksum] = checksum_of(file);
    std::uint64_t offset = 0;
    for (const Tensor* tensor : order) {
        const std::uint64_t end = offset + tensor->bytes.size();
        header[tensor->name] = {{"dtype", row_of(tensor->dtype).name},
                                {"shape", tensor->shape},
                                {"data_offsets", {offset, end}}};
        offset = end;
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const json::exception&) {
        throw std::invalid_argument("a tensor name or a metadata text is not valid UTF-8");
    }
    text.resize((text.size() + 7) / 8 * 8, ' ');
    if (text.size() > kMaxHeader)
        throw std::invalid_argument("names and metadata take more than 1 MB");

    const std::uint64_t length = text.size();
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    bytes.reserve(8 + text.size() + offset);
    bytes += text;
    for (const Tensor* tensor : order)
        bytes.append(reinterpret_cast<const char*>(tensor->bytes.data()), tensor->bytes.size());
    return bytes;
}

TensorFile decode_tensors(std::string_view bytes, const std::string& where) {
    return Decoder(bytes, where).decode();
}

void write_tensors(const std::filesystem::path& path, const TensorFile& file) {
    write_atomically(path, encode_tensors(file));
}

TensorFile read_tensors(const std::filesystem::path& path, std::int64_t most_bytes) {
    return decode_tensors(read_file(path, most_bytes), path.string());
}

TensorFile read_tensors(const std::filesystem::path& path) {
    return decode_tensors(read_file(path), path.string());
}

#define DUALTAPE_TENSOR_ELEMENT(Scalar)                                                 \
    template void TensorFile::add<Scalar>(std::string, std::vector<std::int64_t>,       \
                                          std::span<const Scalar>);                     \
    template void TensorFile::add_matrix<Scalar>(std::string, In<Mat<Scalar>>);         \
    template void TensorFile::add_vector<Scalar>(std::string, std::span<const Scalar>); \
    template void TensorFile::add_number<Scalar>(std::string, Scalar);                  \
    template std::vector<Scalar> TensorFile::values<Scalar>(std::string_view) const;    \
    template Mat<Scalar> TensorFile::matrix<Scalar>(std::string_view) const;            \
    template Scalar TensorFile::number<Scalar>(std::string_view) const;
DUALTAPE_TENSOR_ELEMENT(double)
DUALTAPE_TENSOR_ELEMENT(float)
DUALTAPE_TENSOR_ELEMENT(std::int64_t)
DUALTAPE_TENSOR_ELEMENT(std::int32_t)
DUALTAPE_TENSOR_ELEMENT(std::uint8_t)
#undef DUALTAPE_TENSOR_ELEMENT

}  // namespace dualtape::lab
