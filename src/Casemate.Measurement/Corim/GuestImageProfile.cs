using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Measurement.Corim;

/// <summary>
/// Casemate's profile: all that a guest image and its policy will report. One module with one reference triple; a measurement for each
/// value,
/// named as the evidence names it: <c>MRTD</c>, <c>RTMR0</c> to <c>RTMR3</c>, <c>MRCONFIGID</c> of a TD; <c>MEASUREMENT</c>,
/// <c>HOST_DATA</c> of an SEV-SNP guest; <c>VERITY_ROOT/</c> with a name for roots of file systems.
/// </summary>
public static class GuestImageProfile
{
    /// <summary>The profile's URI.</summary>
    public const string Uri = "tag:casemate.dev,2026:guest-image/v1";

    /// <summary>What names of verity roots start with.</summary>
    public const string VerityRoot = "VERITY_ROOT/";

    private static readonly ImmutableArray<(CorimEnvironment Environment, string Key, int Algorithm)> s_keys =
    [
        (CorimEnvironment.Tdx, "MRTD", CorimDigest.Sha384),
        (CorimEnvironment.Tdx, "RTMR0", CorimDigest.Sha384),
        (CorimEnvironment.Tdx, "RTMR1", CorimDigest.Sha384),
        (CorimEnvironment.Tdx, "RTMR2", CorimDigest.Sha384),
        (CorimEnvironment.Tdx, "RTMR3", CorimDigest.Sha384),
        (CorimEnvironment.Tdx, "MRCONFIGID", CorimDigest.Sha384),
        (CorimEnvironment.Snp, "MEASUREMENT", CorimDigest.Sha384),
        (CorimEnvironment.Snp, "HOST_DATA", CorimDigest.Sha256),
    ];

    /// <summary>Makes a manifest of this profile.</summary>
    /// <param name="id">The image's name, as its publisher calls it.</param>
    /// <param name="environment">TDX or SEV-SNP.</param>
    /// <param name="values">Keys and values, at least one.</param>
    /// <param name="svn">The security version of the image; null to state none.</param>
    /// <exception cref="ArgumentException">A key is not one of the profile's for the environment, comes twice, or its value has another
    /// size.</exception>
    public static CorimDocument Create(
        string id, CorimEnvironment environment, IReadOnlyList<(string Key, ReadOnlyMemory<byte> Value)> values, long? svn = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegative(svn ?? 0, nameof(svn));
        ImmutableArray<CorimMeasurement> measurements =
        [
            .. values.Select(v => new CorimMeasurement { Key = v.Key, Digests = [new CorimDigest(AlgorithmOf(environment, v.Key), v.Value)] }),
        ];
        var document = new CorimDocument
        {
            Id = id,
            Profile = Uri,
            Modules =
            [
                new CorimModule
                {
                    TagId = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{environment}/{id}"))),
                    References = [new CorimReference(environment, measurements)],
                    Series = svn is { } number
                        ? [new CorimSeries(environment, [], [new CorimSeriesEntry(measurements, [new CorimMeasurement { Svn = number }])])]
                        : [],
                },
            ],
        };
        return Check(document) is { } error ? throw new ArgumentException($"Not a manifest of the profile: {error}.", nameof(values)) : document;
    }

    /// <summary>Reads what a manifest of this profile says.</summary>
    /// <param name="document">The manifest.</param>
    /// <param name="reference">The environment and its values; null after false.</param>
    /// <param name="error">Which rule of the profile it breaks; null after success.</param>
    public static bool TryRead(
        CorimDocument document, [NotNullWhen(true)] out CorimReference? reference, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(document);
        error = Check(document);
        reference = error is null ? document.Modules[0].References[0] : null;
        return error is null;
    }

    /// <summary>The names of values that evidence of an environment has, without verity roots; empty for an environment that the profile
    /// does not know.</summary>
    /// <param name="environment">The environment.</param>
    public static ImmutableArray<string> KeysOf(CorimEnvironment environment) =>
        [.. s_keys.Where(known => known.Environment == environment).Select(known => known.Key)];

    /// <summary>The bytes of a value; null for a name that the profile does not know for the environment.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="key">One of <see cref="KeysOf"/>, or <see cref="VerityRoot"/> with a name.</param>
    public static int? SizeOf(CorimEnvironment environment, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return CorimDigest.SizeOf(AlgorithmOf(environment, key));
    }

    private static int AlgorithmOf(CorimEnvironment environment, string key)
    {
        if (key.StartsWith(VerityRoot, StringComparison.Ordinal) && key.Length > VerityRoot.Length)
        {
            return CorimDigest.Sha256;
        }

        var known = s_keys.FirstOrDefault(k => k.Environment == environment && k.Key == key);
        return known.Key is null ? -1 : known.Algorithm;
    }

    private static string? Check(CorimDocument document)
    {
        if (document.Profile != Uri)
        {
            return $"the profile is not {Uri}";
        }

        if (document.Modules is not [{ References: [var reference] } module] || reference.Measurements.IsDefaultOrEmpty)
        {
            return "it has not exactly one module with one reference triple";
        }

        var seen = new HashSet<string>();
        foreach (var measurement in reference.Measurements)
        {
            if (measurement is not { Key: { } key, Svn: null, Digests: [var digest] } || !seen.Add(key))
            {
                return "a measurement has no name, one that came before, or not exactly one digest";
            }

            var algorithm = AlgorithmOf(reference.Environment, key);
            if (digest.Algorithm != algorithm || digest.Value.Length != CorimDigest.SizeOf(algorithm))
            {
                return $"{key} of {reference.Environment}, {digest.Value.Length} bytes, is none of the values that the profile knows";
            }
        }

        return module.Series is []
            || (module.Series is [{ Claims: [], Entries: [{ Addition: [{ Key: null, Digests: [], Svn: not null }] } entry] } series]
                && series.Environment == reference.Environment && entry.Selection.AsSpan().SequenceEqual(reference.Measurements.AsSpan()))
            ? null
            : "its endorsement series is not one that gives all of its measurements one security version";
    }
}
