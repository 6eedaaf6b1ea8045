#pragma once
// What is wrong with a text that is no TOML, in words that name the key and the remedy.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "experiments/lab/errors.h"
#include "experiments/lab/toml.h"

namespace dualtape::lab::toml {

// What the parser says, and where it stopped.
struct Fault {
    std::string description;
    int line = 0;    // from 1
    int column = 0;  // in characters, from 1
};

// Reads the beginning of a text; nothing when that is no TOML either.
using ReadBeginning = std::function<std::optional<Document>(std::string_view)>;

// The refusal of `text`, which `where` names. Only called for what is refused: it reads the text
// before the fault once more, to tell in which statement the fault lies and what stands above it.
InputError refusal_of(const Fault& fault, std::string_view text, const std::string& where,
                      const ReadBeginning& read_beginning);

}  // namespace dualtape::lab::toml
