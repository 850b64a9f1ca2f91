using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Files;
using Casemate.Primitives.Json;

namespace Casemate.Serve.Pccs;

/// <summary>
/// Appraisal policies that clients of the reference PCCS fetch by platform family: text of the administrator's, never interpreted here.
/// Source: PCCS, <c>/appraisalpolicy</c>.
/// </summary>
internal sealed class AppraisalPolicies
{
    private const int MaximumPolicies = 1024;

    private readonly string _directory;
    private readonly Lock _lock = new();

    private AppraisalPolicies(string directory) => _directory = directory;

    /// <summary>Opens the directory.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    public static AppraisalPolicies Open(string directory)
    {
        Directory.CreateDirectory(directory);
        AtomicFile.RemoveLeftovers(directory);
        return new AppraisalPolicies(directory);
    }

    /// <summary>Reads a policy as it is uploaded.</summary>
    /// <param name="body">The JSON of the request.</param>
    /// <param name="policy">FMSPC in lower case, text, and whether it is the one that is handed out.</param>
    /// <param name="error">What is wrong; empty on success.</param>
    public static bool TryRead(ReadOnlyMemory<byte> body, out (string Fmspc, string Text, bool IsDefault) policy, out string error)
    {
        policy = default;
        if (!StrictJson.TryParse(body, out var document, out var problem))
        {
            error = problem;
            return false;
        }

        using (document)
        {
            var root = document.RootElement;
            error = root.ValueKind is not JsonValueKind.Object ? "the body is not a JSON object"
                : !root.TryGetProperty("is_default", out var isDefault)
                    || isDefault.ValueKind is not (JsonValueKind.True or JsonValueKind.False)
                    ? "'is_default' is neither true nor false"
                : !root.TryGetProperty("fmspc", out var fmspc) || fmspc.ValueKind is not JsonValueKind.String
                    || !PccsParameters.IsHex(fmspc.GetString(), 12)
                    ? "'fmspc' is not 12 hex digits"
                : !root.TryGetProperty("policy", out var text) || text.ValueKind is not JsonValueKind.String
                    || text.GetString()!.Length == 0
                    ? "'policy' is not a text"
                : "";
            if (error.Length == 0)
            {
                policy = (root.GetProperty("fmspc").GetString()!.ToLowerInvariant(), root.GetProperty("policy").GetString()!,
                    root.GetProperty("is_default").GetBoolean());
            }

            return error.Length == 0;
        }
    }

    /// <summary>Keeps a policy.</summary>
    /// <returns>Its id, SHA-384 of its text in hex; null when there are too many.</returns>
    /// <exception cref="IOException">It cannot be written; what was there before is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    public string? Put((string Fmspc, string Text, bool IsDefault) policy)
    {
        var content = Encoding.UTF8.GetBytes(policy.Text);
        var id = Convert.ToHexStringLower(SHA384.HashData(content));
        lock (_lock)
        {
            var path = Path.Combine(_directory, policy.IsDefault ? $"{policy.Fmspc}.default" : $"{policy.Fmspc}.{id}");
            if (!File.Exists(path) && Directory.EnumerateFiles(_directory).Take(MaximumPolicies).Count() == MaximumPolicies)
            {
                return null;
            }

            AtomicFile.Write(path, content);
            return id;
        }
    }

    /// <summary>The policy that is handed out for a platform family.</summary>
    /// <param name="fmspc">12 hex digits, any case.</param>
    /// <returns>UTF-8 text; null when there is none.</returns>
    public byte[]? Find(string fmspc)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(_directory, $"{fmspc.ToLowerInvariant()}.default"));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
