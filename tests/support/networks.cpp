#include "tests/support/networks.h"

#include <stdexcept>

namespace dualtape::testing {

namespace {

// Parameters are statements of their own: a compiler may evaluate arguments in any order, and theta
// has the order of creation.

// x (5) -> 7 -> 6 -> 4 classes.
template <class Activation>
Network mlp(std::string name, Activation activation) {
    return Network::of(std::move(name), [activation]<class Scalar>(Graph<Scalar>& g) {
        auto h = g.input("x", 5);
        const Index widths[] = {5, 7, 6};
        for (Index layer = 0; layer < 2; ++layer) {
            const std::string id = std::to_string(layer);
            const auto w = g.parameter("w" + id, widths[layer + 1], widths[layer]);
            const auto b = g.parameter("b" + id, widths[layer + 1]);
            h = g.name("h" + id, activation(affine(w, h, b)));
        }
        const auto w = g.parameter("w2", 4, 6), b = g.parameter("b2", 4);
        const auto z = affine(w, h, b);
        return cross_entropy(g.name("logits", z), g.tokens("labels"));
    });
}

// Two tokens of an alphabet of 7, embedded side by side.
Network embedding_reshape() {
    return Network::of("embedding, reshaped", []<class Scalar>(Graph<Scalar>& g) {
        const auto e = g.parameter("e", 4, 7), w = g.parameter("w", 6, 8), b = g.parameter("b", 6);
        const auto u = g.parameter("u", 7, 6), c = g.parameter("c", 7);
        const auto pair = g.name("pair", reshape(gather(e, g.tokens("ab", 2)), 8));
        const auto h = relu(affine(w, pair, b));
        return cross_entropy(affine(u, h, c), g.tokens("labels"));
    });
}

// The same function by positions: W [E_a; E_b] = W_a E_a + W_b E_b.
Network embedding_positions() {
    return Network::of("embedding, by position", []<class Scalar>(Graph<Scalar>& g) {
        const auto table = g.parameter("e", 4, 7);
        const auto w = g.parameter("w", 12, 4), b = g.parameter("b", 6);
        const auto u = g.parameter("u", 7, 6), c = g.parameter("c", 7);
        const auto e = gather(table, g.tokens("ab", 2));
        const auto sum = add(matmul(slice_rows(w, 0, 6), position(e, 0)),
                             matmul(slice_rows(w, 6, 6), position(e, 1)));
        return cross_entropy(affine(u, tanh(add(sum, b)), c), g.tokens("labels"));
    });
}

// The same with the products before the lookup, over 7 columns instead of all samples.
Network projected() {
    return Network::of("projected before gather", []<class Scalar>(Graph<Scalar>& g) {
        const auto e = g.parameter("e", 4, 7);
        const auto w = g.parameter("w", 12, 4), b = g.parameter("bias", 6);
        const auto u = g.parameter("u", 7, 6), c = g.parameter("c", 7);
        const auto first = g.name("table a", matmul(slice_rows(w, 0, 6), e));
        const auto second = matmul(slice_rows(w, 6, 6), e);
        const auto sum = add(gather(first, g.tokens("a")), gather(second, g.tokens("b")));
        return cross_entropy(affine(u, tanh(add(sum, b)), c), g.tokens("labels"));
    });
}

Network regression() {
    return Network::of("regression over positions", []<class Scalar>(Graph<Scalar>& g) {
        const auto w = g.parameter("w", 5, 3), b = g.parameter("b", 5), u = g.parameter("u", 2, 5);
        const auto h = gelu(affine(w, g.input("x", 3, 4), b));
        const auto y = matmul(u, mean_positions(h));
        return squared_error(g.name("output", y), g.input("target", 2));
    });
}

// A loss at every position, positions added to the embedding, the table read twice.
Network sequence() {
    return Network::of("a label at every position", []<class Scalar>(Graph<Scalar>& g) {
        const auto e = g.parameter("e", 5, 6);
        const auto positions = g.parameter("positions", 5, 3);
        const auto w = g.parameter("w", 5, 5), b = g.parameter("b", 5), m = g.parameter("m", 5, 5);
        const auto x = add(gather(e, g.tokens("text", 3)), positions);
        const auto h = tanh(affine(w, x, b));
        const auto z = matmul(matmul(e, m, Transpose::yes), add(h, x));
        return cross_entropy(z, g.tokens("labels", 3));
    });
}

// Weight decay inside the loss: fixed and sample nodes write the same adjoints.
Network decayed() {
    return Network::of("weight decay in the loss", []<class Scalar>(Graph<Scalar>& g) {
        const auto w = g.parameter("w", 4, 3), u = g.parameter("u", 3, 4), b = g.parameter("b", 4);
        const auto h = sigmoid(affine(w, g.input("x", 3), b));
        const auto loss = cross_entropy(matmul(u, h), g.tokens("labels"));
        return add(add(loss, scale(sum_squares(w), 0.1)), scale(sum_squares(u), 0.05));
    });
}

// A table read directly and through another fixed node.
Network shared_table() {
    return Network::of("a table read twice", []<class Scalar>(Graph<Scalar>& g) {
        const auto e = g.parameter("e", 4, 5);
        const auto tokens = g.tokens("t");
        const auto direct = gather(e, tokens);
        const auto mixed = gather(tanh(matmul(g.parameter("w", 4, 4), e)), tokens);
        return sum_squares(mul(direct, add(mixed, direct)));
    });
}

Network potential() {
    return Network::of("a potential without data", []<class Scalar>(Graph<Scalar>& g) {
        const auto a = g.parameter("a", 3, 4), b = g.parameter("b", 4, 2), c = g.parameter("c", 3);
        const auto y = add(matmul(a, tanh(b)), c);
        return g.name("energy", add(sum_squares(y), scale(sum_squares(square(a)), 0.25)));
    });
}

// No loss op: the loss is the last affine map itself, whose bias never bends.
Network affine_loss() {
    return Network::of("an affine map as the loss", []<class Scalar>(Graph<Scalar>& g) {
        const auto w = g.parameter("w", 4, 3), b = g.parameter("b", 4);
        const auto u = g.parameter("u", 1, 4), c = g.parameter("c", 1);
        return affine(u, silu(affine(w, g.input("x", 3), b)), c);
    });
}

Network product_loss() {
    return Network::of("a product as the loss", []<class Scalar>(Graph<Scalar>& g) {
        const auto x = g.input("x", 3);
        const auto w = g.parameter("w", 1, 3), b = g.parameter("b", 1), u = g.parameter("u", 1, 3);
        return mul(affine(w, x, b), exp(scale(matmul(u, x), 0.3)));
    });
}

// Gates, slices and concatenation; the same node twice; a constant branch; a dead branch.
Network gated() {
    return Network::of("gates, slices and repeats", []<class Scalar>(Graph<Scalar>& g) {
        const auto x = g.input("x", 4);
        const auto w = g.parameter("w", 6, 4), b = g.parameter("b", 6);
        const auto unused = g.parameter("unused", 2, 4), u = g.parameter("u", 3, 10);
        const auto h = affine(w, x, b);
        const auto top = slice_rows(h, 0, 3), bottom = slice_rows(h, 3, 3);
        const auto gate = mul(softmax(top), gelu_tanh(bottom));
        const auto joined = concat_rows<Scalar>({gate, x, gate});
        tanh(matmul(unused, x));
        const auto y = matmul(u, joined);
        return squared_error(sub(mul(y, y), slice_rows(x, 1, 3)), g.input("target", 3), 0.5);
    });
}

// Two losses, added: Gauss-Newton sees both.
Network two_losses() {
    return Network::of("two losses", []<class Scalar>(Graph<Scalar>& g) {
        const auto w = g.parameter("w", 5, 3), b = g.parameter("b", 5);
        const auto h = tanh(affine(w, g.input("x", 3), b));
        const auto z = matmul(g.parameter("u", 4, 5), h);
        const auto y = matmul(g.parameter("v", 2, 5), h);
        return add(cross_entropy(z, g.tokens("labels")),
                   scale(squared_error(y, g.input("target", 2)), 0.7));
    });
}

}  // namespace

const std::vector<Network>& all_networks() {
    static const std::vector<Network> networks = {
        mlp("mlp tanh", [](auto x) { return tanh(x); }),
        mlp("mlp relu", [](auto x) { return relu(x); }),
        mlp("mlp gelu", [](auto x) { return gelu(x); }),
        mlp("mlp gelu_tanh", [](auto x) { return gelu_tanh(x); }),
        mlp("mlp silu", [](auto x) { return silu(x); }),
        mlp("mlp sigmoid", [](auto x) { return sigmoid(x); }),
        mlp("mlp square", [](auto x) { return square(x); }),
        mlp("mlp exp", [](auto x) { return exp(scale(x, 0.25)); }),
        embedding_reshape(),
        embedding_positions(),
        projected(),
        regression(),
        sequence(),
        decayed(),
        shared_table(),
        potential(),
        affine_loss(),
        product_loss(),
        gated(),
        two_losses()};
    return networks;
}

const Network& network(const std::string& name) {
    for (const Network& candidate : all_networks()) {
        if (candidate.name == name) return candidate;
    }
    throw std::invalid_argument("no network is called " + name);
}

#define DUALTAPE_SETUP(Scalar) template struct Setup<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_SETUP)
#undef DUALTAPE_SETUP

}  // namespace dualtape::testing
