// Checkpoints: what is written is read back, and nothing damaged is accepted.
#include <cstring>

#include <doctest/doctest.h>

#include "experiments/lab/safetensors.h"
#include "tests/support/lab.h"

using namespace dualtape;
using namespace dualtape::lab;

namespace {

// A file of the format from its header and the bytes after it.
std::string file_of(const std::string& header, const std::string& payload = "") {
    const std::uint64_t length = header.size();
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    return bytes + header + payload;
}

std::string decode(const std::string& bytes) {
    return refusal([&] { decode_tensors(bytes, "a.safetensors"); });
}

TensorFile example_tensors() {
    TensorFile file;
    Mat<float> weights(2, 3);
    weights << 1, 2, 3, 4, 5, 6;
    const std::vector<double> moments{0.1, -0.0, 1e300};
    file.add_matrix<float>("blocks.0.w", weights);
    file.add_vector<double>("moments", moments);
    file.add_number<std::int64_t>("step", 12);
    file.metadata["settings"] = "00ff";
    return file;
}

}  // namespace

TEST_CASE("tensors are read back as written, matrices in row-major order") {
    TemporaryFolder folder;
    write_tensors(folder / "a.safetensors", example_tensors());
    const TensorFile back = read_tensors(folder / "a.safetensors");
    CHECK(back.matrix<float>("blocks.0.w") == example_tensors().matrix<float>("blocks.0.w"));
    CHECK(back.values<float>("blocks.0.w") == std::vector<float>{1, 2, 3, 4, 5, 6});
    CHECK(back.tensor("blocks.0.w").shape == std::vector<std::int64_t>{2, 3});
    CHECK(back.values<double>("moments") == std::vector<double>{0.1, -0.0, 1e300});
    CHECK(back.number<std::int64_t>("step") == 12);
    CHECK(back.text("settings") == "00ff");
    CHECK(encode_tensors(back) == slurp(folder / "a.safetensors"));
}

TEST_CASE("the bytes do not depend on the order in which tensors are added") {
    TensorFile one, two;
    one.add_number<float>("a", 1);
    one.add_number<double>("b", 2);
    two.add_number<double>("b", 2);
    two.add_number<float>("a", 1);
    CHECK(encode_tensors(one) == encode_tensors(two));
}

TEST_CASE("a file as other programs write it is read") {
    const TensorFile file =
        decode_tensors(file_of("{\"a\":{\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[0,8]}}  ",
                               std::string("\1\0\0\0\377\377\377\377", 8)),
                       "x");
    CHECK(file.values<std::int32_t>("a") == std::vector<std::int32_t>{1, -1});
    CHECK(decode_tensors(file_of("{}"), "x").tensors().empty());
}

TEST_CASE("each damage is refused by its name") {
    const std::string a = "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}";
    const std::string b = "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[";
    const auto entry = [](const std::string& dtype, const std::string& shape,
                          const std::string& offsets) {
        return "{\"a\":{\"dtype\":" + dtype + ",\"shape\":" + shape +
               ",\"data_offsets\":" + offsets + "}}";
    };
    const struct {
        std::string bytes;
        const char* part;
    } rows[] = {
        {"", "too few for a header"},
        {"1234567", "too few for a header"},
        {std::string(8, '\377'), "the header says it has"},
        {file_of(std::string(2000000, ' ')), "at most 1 MB is read"},
        {file_of(""), "does not start with a brace"},
        {file_of("[]"), "does not start with a brace"},
        {file_of("{"), "not valid JSON"},
        {file_of("{\"\xff\":1}"), "not valid JSON"},
        {file_of("{\"a\":" + std::string(500000, '[') + std::string(500000, ']') + "}"),
         "has not exactly dtype"},
        {file_of("{\"a\":" + std::string(1000000, '[')), "not valid JSON"},
        {file_of("{\"a\":1e999}"), "not valid JSON"},
        {file_of("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}"), "\"dtype\" stands twice"},
        {file_of("{" + a + "," + a + "}", "12"), "\"a\" stands twice in the header"},
        {file_of("{" + a + "," + b + "2,4]}}", "123"), "the file has 3 bytes"},
        {file_of("{" + a + "," + b + "2,4]}}", "12345"), "the file has 5 bytes"},
        {file_of("{" + a + "," + b + "3,5]}}", "12345"), "overlap or leave a gap"},
        {file_of("{" + a + "," + b + "1,3]}}", "123"), "overlap or leave a gap"},
        {file_of("{\"__metadata__\":{\"k\":1}}"), "the metadata \"k\" is not a text"},
        {file_of("{\"__metadata__\":3}"), "the metadata is not an object"},
        {file_of("{\"a\":3}"), "has not exactly dtype, shape and data_offsets"},
        {file_of(entry("\"F16\"", "[1]", "[0,2]"), "12"), "has dtype \"F16\""},
        {file_of(entry("1", "[1]", "[0,2]"), "12"), "dtype is not a text"},
        {file_of(entry("\"U8\"", "[-1]", "[0,1]"), "1"), "something else than whole numbers"},
        {file_of(entry("\"U8\"", "[1.5]", "[0,1]"), "1"), "something else than whole numbers"},
        {file_of(entry("\"U8\"", "3", "[0,1]"), "1"), "shape is not a list"},
        {file_of(entry("\"U8\"", "[1]", "[0]"), "1"), "has 1 numbers, expected 2"},
        {file_of(entry("\"F64\"", "[4294967296,4294967296]", "[0,0]")), "larger than any memory"},
        {file_of(entry("\"U8\"", "[2]", "[0,1]"), "1"), "needs 2 bytes"},
        {file_of(entry("\"U8\"", "[1]", "[1,0]"), "1"), "needs 1 bytes"},
    };
    for (const auto& row : rows) {
        const std::string message = decode(row.bytes);
        INFO(message);
        CHECK(message.find(row.part) != std::string::npos);
        CHECK(message.find("a.safetensors: ") == 0);
    }
}

TEST_CASE("a bit that flips anywhere in our files is noticed, and no cut is accepted") {
    const std::string bytes = encode_tensors(example_tensors());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        CHECK_MESSAGE(decode(bytes.substr(0, i)) != "accepted", i);
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        if (decode(damaged) != "accepted") continue;
        // Padding of the header and the spelling of the key "checksum" carry no content.
        const TensorFile file = decode_tensors(damaged, "x");
        CHECK_MESSAGE(file.values<double>("moments") == example_tensors().values<double>("moments"),
                      i);
        CHECK_MESSAGE(
            file.values<float>("blocks.0.w") == example_tensors().values<float>("blocks.0.w"), i);
    }
}

TEST_CASE("tensors that are not there or of another kind are refused by name") {
    TensorFile file = example_tensors();
    file.where = "a.safetensors";
    const auto has = [&](auto action, const char* part) {
        const std::string message = refusal(action);
        INFO(message);
        CHECK(message.find(part) != std::string::npos);
    };
    has([&] { file.number<float>("stpe"); }, "no tensor \"stpe\"");
    has([&] { file.number<float>("step"); }, "step");
    has([&] { file.matrix<double>("moments"); }, "moments");
    has([&] { file.text("none"); }, "none");
    CHECK_THROWS_AS(file.add_number<float>("step", 1), std::invalid_argument);
    CHECK_THROWS_AS(file.add_number<float>("", 1), std::invalid_argument);
    CHECK_THROWS_AS(file.add_number<float>("__metadata__", 1), std::invalid_argument);
}

TEST_CASE("empty tensors and single numbers keep their shapes") {
    TensorFile file;
    file.add_vector<float>("none", std::span<const float>());
    file.add_matrix<double>("flat", Mat<double>(0, 3));
    file.add_number<std::uint8_t>("one", 255);
    const TensorFile back = decode_tensors(encode_tensors(file), "x");
    CHECK(back.values<float>("none").empty());
    CHECK(back.matrix<double>("flat").cols() == 3);
    CHECK(back.tensor("one").shape.empty());
    CHECK(back.number<std::uint8_t>("one") == 255);
}

TEST_CASE("nothing hides behind a byte 0 of the header") {
    using namespace std::string_literals;
    const std::string entry = "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}";
    for (const std::string& tail : {"\0"s, "\0\0\0\0"s, "\0{\"b\": 1}"s, " \0 "s}) {
        CHECK(decode(file_of("{" + entry + "}" + tail, "xy")) ==
              "a.safetensors: the header holds a byte 0 | the file is damaged; write it again, or "
              "name another");
    }
    CHECK(decode(file_of("{\0"s + entry + "}", "xy")) != "accepted");
    CHECK(decode(file_of("{" + entry + "}   ", "xy")) == "accepted");
}

TEST_CASE("no refusal of a file advises an option that its reader may not have") {
    const std::string whole = encode_tensors(example_tensors());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CHECK_FALSE(contains(decode(whole.substr(0, length)), "--"));
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        CHECK_FALSE(contains(decode(bytes), "--"));
    }
}
