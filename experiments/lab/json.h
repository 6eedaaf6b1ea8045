#pragma once
// JSON, written: for summaries that other programs read.

#include <concepts>
#include <string>
#include <utility>
#include <vector>

namespace dualtape::lab {

// A value; objects keep the order in which their members were added.
//   Json summary;
//   summary.add("p", 113).add("top_neurons", Json::list({3, 14, 15}));
//   write_atomically(folder / "summary.json", summary.text());
class Json {
  public:
    Json() = default;     // an empty object
    Json(double number);  // not finite: the word "nan", "inf" or "-inf", as JSON has no such number
    template <std::integral Integer>
    Json(Integer number) : text_(std::to_string(number)), kind_(Kind::scalar) {}
    Json(bool value) : text_(value ? "true" : "false"), kind_(Kind::scalar) {}
    Json(const std::string& text);
    Json(const char* text) : Json(std::string(text)) {}

    static Json list() { return Json(Kind::list); }
    template <class Value>
    static Json list(const std::vector<Value>& values) {
        Json json(Kind::list);
        for (const Value& value : values) json.add(Json(value));
        return json;
    }

    // Of an object: a member. Throws std::logic_error when this is none, or has it already.
    Json& add(const std::string& name, Json value);
    // Of a list: an element. Throws std::logic_error when this is none.
    Json& add(Json value);

    // Indented by two blanks a level; lists of scalars stand on one line. Ends with a line feed.
    std::string text() const;

  private:
    enum class Kind { scalar, list, object };
    explicit Json(Kind kind) : kind_(kind) {}
    void append_to(std::string& text, const std::string& indent) const;

    std::string text_;  // of a scalar
    Kind kind_ = Kind::object;
    std::vector<std::pair<std::string, Json>> members_;  // of a list: without names
};

}  // namespace dualtape::lab
