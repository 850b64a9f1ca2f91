using System.Text.Json;

namespace Casemate.Testing;

/// <summary>One case of the attestation corpus: real evidence and the answer that a correct verifier gives.</summary>
public sealed record CorpusCase
{
    private static readonly Lazy<CorpusCase[]> Cases = new(Load);

    /// <summary>All cases, in the order of the manifest.</summary>
    public static IReadOnlyList<CorpusCase> All => Cases.Value;

    public required string Id { get; init; }

    /// <summary>What the case is, such as <c>sgx-quote</c> or <c>snp-report-negative</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The folder of the case.</summary>
    public required string Directory { get; init; }

    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The instant at which to verify; null for cases that are only parsed.</summary>
    public DateTimeOffset? VerifyAt { get; init; }

    /// <summary>First and last instant at which all collateral is in force; null where the manifest gives none.</summary>
    public (DateTimeOffset Start, DateTimeOffset End)? CollateralWindow { get; init; }

    /// <summary>The expectations, as the manifest has them.</summary>
    public required JsonElement Expected { get; init; }

    /// <summary>The whole entry, as the manifest has it.</summary>
    public required JsonElement Entry { get; init; }

    /// <summary>The path of one of its files.</summary>
    public string PathOf(string file) => Path.Combine(Directory, file);

    /// <summary>The content of one of its files.</summary>
    public byte[] Read(string file) => File.ReadAllBytes(PathOf(file));

    /// <summary>The case with this id.</summary>
    public static CorpusCase Get(string id) => All.Single(c => c.Id == id);

    /// <summary>The cases of these kinds.</summary>
    public static IEnumerable<CorpusCase> OfKind(params string[] kinds) => All.Where(c => kinds.Contains(c.Kind));

    public override string ToString() => Id;

    private static CorpusCase[] Load()
    {
        var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RepositoryPaths.Corpus, "manifest.json")));
        return [.. manifest.RootElement.GetProperty("cases").EnumerateArray().Select(Create)];
    }

    private static CorpusCase Create(JsonElement entry) => new()
    {
        Id = entry.GetProperty("id").GetString()!,
        Kind = entry.GetProperty("kind").GetString()!,
        Directory = Path.Combine(RepositoryPaths.Corpus, entry.GetProperty("dir").GetString()!),
        Files = [.. entry.GetProperty("files").EnumerateArray().Select(f => f.GetString()!)],
        VerifyAt = entry.TryGetProperty("verify_at", out var at) ? DateTimeOffset.FromUnixTimeSeconds(at.GetInt64()) : null,
        CollateralWindow = entry.TryGetProperty("collateral_window", out var window) ? (Instant(window[0]), Instant(window[1])) : null,
        Expected = entry.TryGetProperty("expected", out var expected) ? expected : default,
        Entry = entry,
    };

    private static DateTimeOffset Instant(JsonElement value) => value.ValueKind is JsonValueKind.Number
        ? DateTimeOffset.FromUnixTimeSeconds(value.GetInt64())
        : DateTimeOffset.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture);
}
