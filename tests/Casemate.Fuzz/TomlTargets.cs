using System.Text;
using System.Text.Json.Nodes;
using Casemate.Measurement.Enclave;
using Casemate.Primitives.Toml;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>Manifests of Gramine: TOML that somebody else wrote, read, written and read again.</summary>
public static class TomlTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("gramine-manifest", Manifest,
        [
            "a = 1\n[sgx]\nenclave_size = \"64M\"\nmax_threads = 4\ntrusted_files = [{ uri = \"file:/a\", sha256 = \"00\" }, \"file:/b\"]\n[loader.env]\n\"A B\" = \"\\u00e9\\n\"\n"u8.ToArray(),
            "loader.argv = ['a', \"b\"]\nx = [[1, 2.5], [true, 1979-05-27]]\n[[fs.mounts]]\npath = '''/x'''\n"u8.ToArray(),
        ]),
    ];

    private static bool Manifest(ReadOnlySpan<byte> input)
    {
        _ = GramineManifest.TryRead(input, out _, out _);
        if (!TomlDocument.TryParse(Encoding.UTF8.GetString(input), out var root, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        var text = TomlWriter.Write(root);
        Require(TomlDocument.TryParse(text, out var again, out _), "what is written cannot be read", input);
        Require(TomlWriter.Write(again!) == text, "it is not written the same twice", input);
        Require(JsonNode.DeepEquals(Normal(root), Normal(again!)), "it reads back as something else", input);
        return true;
    }

    // The order of keys and the digits of a number with a fraction are no part of a document's meaning.
    private static JsonNode Normal(JsonNode node) => JsonNode.Parse(node.ToJsonString())!;
}
