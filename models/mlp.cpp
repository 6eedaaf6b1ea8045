#include "models/mlp.h"

#include <stdexcept>

#include "engine/ops/builders.h"

namespace dualtape::models {

namespace {

constexpr const char* kInputWords[] = {"raw", "one_hot", "embedding"};
constexpr const char* kActivationWords[] = {"relu", "tanh", "gelu", "silu", "sigmoid", "square"};

void require_positive(const char* name, Index value, const char* remedy) {
    if (value >= 1) return;
    throw std::invalid_argument("mlp: " + std::string(name) + " = " + std::to_string(value) +
                                " must be 1 or more; " + remedy);
}

template <std::size_t kCount>
std::size_t find_word(const char* const (&words)[kCount], const std::string& word,
                      const char* what) {
    std::string known;
    for (std::size_t i = 0; i < kCount; ++i) {
        if (word == words[i]) return i;
        known += (i == 0 ? "" : ", ") + std::string(words[i]);
    }
    throw std::invalid_argument(std::string(what) + " \"" + word + "\" is unknown; choose one of " +
                                known);
}

Index first_inputs(const MlpSettings& settings) {
    switch (settings.input) {
        case MlpInput::raw:
            return 2;
        case MlpInput::one_hot:
            return 2 * settings.modulus;
        case MlpInput::embedding:
            return 2 * settings.embedding_width;
    }
    throw std::invalid_argument("mlp: unknown kind of input");
}

template <class Scalar>
Var<Scalar> activate(Activation kind, Var<Scalar> x) {
    switch (kind) {
        case Activation::relu:
            return relu(x);
        case Activation::tanh:
            return tanh(x);
        case Activation::gelu:
            return gelu(x);
        case Activation::silu:
            return silu(x);
        case Activation::sigmoid:
            return sigmoid(x);
        case Activation::square:
            return square(x);
    }
    throw std::invalid_argument("mlp: unknown activation");
}

// Builds one network; keeps the list of parameters in the order of theta.
template <class Scalar>
class Builder {
  public:
    Builder(Graph<Scalar>& graph, const MlpSettings& settings)
        : graph_(graph), settings_(settings) {}

    Mlp<Scalar> build() {
        Var<Scalar> table;
        if (settings_.input == MlpInput::embedding) {
            table = parameter("embed.weight", settings_.embedding_width, settings_.modulus,
                              settings_.modulus);
            parameters_.back().is_table = true;
        }
        Var<Scalar> x = first_layer(table);
        for (Index layer = 0; layer < settings_.depth; ++layer) {
            const std::string name = "layers." + std::to_string(layer);
            if (layer > 0) x = next_layer(layer, x);
            x = graph_.name(name + ".pre", x);
            x = graph_.name(name + ".post", activate(settings_.activation, x));
        }
        Mlp<Scalar> mlp;
        mlp.logits = graph_.name("logits", next_layer(settings_.depth, x));
        mlp.loss = cross_entropy(mlp.logits, graph_.tokens("labels"));
        mlp.parameters = std::move(parameters_);
        return mlp;
    }

  private:
    Var<Scalar> parameter(std::string name, Index rows, Index cols, Index fan_in,
                          bool is_vector = false) {
        parameters_.push_back({name, rows, cols, fan_in, is_vector});
        return graph_.parameter(std::move(name), rows, cols);
    }
    Index inputs_of(Index layer) const {
        return layer == 0 ? first_inputs(settings_) : settings_.width;
    }
    Index outputs_of(Index layer) const {
        return layer == settings_.depth ? settings_.num_classes : settings_.width;
    }
    Var<Scalar> weight(Index layer) {
        return parameter("layers." + std::to_string(layer) + ".weight", outputs_of(layer),
                         inputs_of(layer), inputs_of(layer));
    }
    Var<Scalar> bias(Index layer) {
        return parameter("layers." + std::to_string(layer) + ".bias", outputs_of(layer), 1,
                         inputs_of(layer), true);
    }

    // The pre-activation of hidden layer 0, h x B.
    Var<Scalar> first_layer(Var<Scalar> table) {
        const Var<Scalar> w = weight(0);
        const Var<Scalar> b = bias(0);
        if (settings_.input == MlpInput::raw) return affine(w, graph_.input("pair", 2), b);

        const bool is_plain = settings_.form == MlpForm::plain;
        if (settings_.input == MlpInput::one_hot) {
            if (is_plain) return affine(w, graph_.input("one_hots", 2 * settings_.modulus), b);
            return add(add(gather(w, graph_.tokens("a")), gather(w, graph_.tokens("b"))), b);
        }
        const Var<Scalar> a_tokens = graph_.tokens("a");
        const Var<Scalar> b_tokens = graph_.tokens("b");
        if (is_plain) {
            const Var<Scalar> x =
                concat_rows<Scalar>({gather(table, a_tokens), gather(table, b_tokens)});
            return affine(w, graph_.name("embedded", x), b);
        }
        return add(add(gather(matmul(columns_of(w, 0), table), a_tokens),
                       gather(matmul(columns_of(w, 1), table), b_tokens)),
                   b);
    }

    // Pre-activation of any later layer. The statements fix the order of theta, weight before bias,
    // which arguments of a call would leave to the compiler.
    Var<Scalar> next_layer(Index layer, Var<Scalar> x) {
        const Var<Scalar> w = weight(layer);
        const Var<Scalar> b = bias(layer);
        return affine(w, x, b);
    }

    // Columns [half D, half D + D) of the first weight, h x D: contiguous in a column-major matrix,
    // so they are rows of its reshape to one column.
    Var<Scalar> columns_of(Var<Scalar> w, Index half) {
        const Index size = settings_.width * settings_.embedding_width;
        return reshape(slice_rows(reshape(w, 2 * size), half * size, size), settings_.width);
    }

    Graph<Scalar>& graph_;
    const MlpSettings& settings_;
    std::vector<ParameterInfo> parameters_;
};

}  // namespace

void MlpSettings::check() const {
    if (input != MlpInput::raw) require_positive("modulus", modulus, "it counts the tokens");
    require_positive("num_classes", num_classes, "it counts the classes");
    require_positive("width", width, "128 is usual");
    require_positive("depth", depth, "it counts the hidden layers");
    if (input == MlpInput::embedding) {
        require_positive("embedding_width", embedding_width, "128 is usual");
    }
}

template <class Scalar>
Mlp<Scalar> build_mlp(Graph<Scalar>& graph, const MlpSettings& settings) {
    settings.check();
    return Builder<Scalar>(graph, settings).build();
}

Index count_parameters(const MlpSettings& settings) {
    settings.check();
    const Index h = settings.width;
    const Index table =
        settings.input == MlpInput::embedding ? settings.modulus * settings.embedding_width : 0;
    return table + first_inputs(settings) * h + h + (settings.depth - 1) * (h * h + h) +
           h * settings.num_classes + settings.num_classes;
}

MlpInput mlp_input(const std::string& word) {
    return static_cast<MlpInput>(find_word(kInputWords, word, "mlp: the input"));
}

Activation activation(const std::string& word) {
    return static_cast<Activation>(find_word(kActivationWords, word, "mlp: the activation"));
}

std::vector<std::string> mlp_input_words() {
    return {std::begin(kInputWords), std::end(kInputWords)};
}

std::vector<std::string> activation_words() {
    return {std::begin(kActivationWords), std::end(kActivationWords)};
}

#define DUALTAPE_INSTANTIATE(Scalar) \
    template Mlp<Scalar> build_mlp(Graph<Scalar>&, const MlpSettings&);
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_INSTANTIATE)
#undef DUALTAPE_INSTANTIATE

}  // namespace dualtape::models
