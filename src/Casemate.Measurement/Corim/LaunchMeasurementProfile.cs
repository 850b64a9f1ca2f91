using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Measurement.Corim;

/// <summary>
/// The profile in which IGVM files endorse their launch measurement: one module, one measurement, its exact security version.
/// Source: microsoft/igvm, launch measurement profile v1.
/// </summary>
public static class LaunchMeasurementProfile
{
    /// <summary>The profile's URI.</summary>
    public const string Uri = "tag:microsoft.com,2026:launch-measurement/v1";

    private static readonly Guid s_namespace = new("85f3f1c2-22a8-441e-a1b9-bccfb63ed5f7");

    /// <summary>Makes a manifest of this profile.</summary>
    /// <param name="environment">One of those that <see cref="CorimEnvironment"/> names.</param>
    /// <param name="measurement">The launch measurement: 48 bytes, for VBS 32.</param>
    /// <param name="svn">The security version that the measurement stands for, 0 or more.</param>
    /// <exception cref="ArgumentException">The profile does not know the environment, or the measurement has another size.</exception>
    public static CorimDocument Create(CorimEnvironment environment, ReadOnlyMemory<byte> measurement, long svn)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentOutOfRangeException.ThrowIfNegative(svn);
        var (key, algorithm) = Find(environment)
            ?? throw new ArgumentException($"The profile does not know {environment}.", nameof(environment));
        if (measurement.Length != CorimDigest.SizeOf(algorithm))
        {
            throw new ArgumentException($"A launch measurement of {environment} has another size.", nameof(measurement));
        }

        var selected = new CorimMeasurement { Key = key, Digests = [new CorimDigest(algorithm, measurement)] };
        return new CorimDocument
        {
            Id = $"{environment}/launch-measurement",
            Profile = Uri,
            Modules =
            [
                new CorimModule
                {
                    TagId = TagIdOf(environment),
                    References = [new CorimReference(environment, [selected])],
                    Series = [new CorimSeries(environment, [], [new CorimSeriesEntry([selected], [new CorimMeasurement { Svn = svn }])])],
                },
            ],
        };
    }

    /// <summary>Reads what a manifest of this profile endorses.</summary>
    /// <param name="document">The manifest.</param>
    /// <param name="endorsement">Environment, measurement and security version; null after false.</param>
    /// <param name="error">Which rule of the profile it breaks; null after success.</param>
    public static bool TryRead(
        CorimDocument document, [NotNullWhen(true)] out LaunchEndorsement? endorsement, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(document);
        endorsement = null;
        error = Check(document);
        if (error is not null)
        {
            return false;
        }

        var module = document.Modules[0];
        var reference = module.References[0];
        endorsement = new LaunchEndorsement(
            reference.Environment, reference.Measurements[0].Digests[0].Value, module.Series[0].Entries[0].Addition[0].Svn!.Value);
        return true;
    }

    /// <summary>The identifier of the module about an environment: UUID version 5 of its name.</summary>
    /// <param name="environment">The environment.</param>
    [SuppressMessage("Security", "CA5350", Justification = "UUID version 5 is defined over SHA-1; nothing rests on it but a name.")]
    public static string TagIdOf(CorimEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        byte[] input = [.. s_namespace.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(environment.ToString())];
        var hash = SHA1.HashData(input).AsSpan(0, 16);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true).ToString("D");
    }

    private static (string Key, int Algorithm)? Find(CorimEnvironment environment) =>
        environment == CorimEnvironment.Tdx ? ("MRTD", CorimDigest.Sha384)
        : environment == CorimEnvironment.Snp ? ("MEASUREMENT", CorimDigest.Sha384)
        : environment == CorimEnvironment.Vbs ? ("MEASUREMENT", CorimDigest.Sha256)
        : null;

    private static string? Check(CorimDocument document)
    {
        if (document.Profile != Uri)
        {
            return $"the profile is not {Uri}";
        }

        if (document.Modules is not [{ References: [{ Measurements: [{ Key: { } key, Svn: null, Digests: [var digest] } measurement] } reference] } module])
        {
            return "it has not exactly one module with one reference triple with one measurement with one digest";
        }

        var environment = reference.Environment;
        if (Find(environment) is not { } known || key != known.Key || digest.Algorithm != known.Algorithm)
        {
            return $"{environment} with {key} ({digest.AlgorithmName}) is none of the measurements that the profile knows";
        }

        if (document.Id != $"{environment}/launch-measurement" || !module.TagId.Equals(TagIdOf(environment), StringComparison.OrdinalIgnoreCase))
        {
            return "the identifiers of manifest and module are not those of its environment";
        }

        return module.Series is [{ Claims: [], Entries: [{ Selection: [var selection], Addition: [{ Key: null, Digests: [], Svn: not null }] }] } series]
            && series.Environment == environment && selection == measurement
            ? null
            : "it has not exactly one conditional endorsement series that gives the measurement its security version";
    }
}
