using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Casemate.Collateral.Store;
using Casemate.Primitives.Json;

namespace Casemate.Collateral.Pccs;

/// <summary>
/// What an administrator uploads for machines without a way to the provisioning service: platforms, and everything that verifies them.
/// Nothing of it is verified here. Source: PCCS, <c>PUT /platformcollateral</c>, version 3.0 of the file.
/// </summary>
public sealed class PlatformCollateral
{
    /// <summary>The most platforms, and the most sets of PCK certificates.</summary>
    public const int MaximumPlatforms = 10_000;

    /// <summary>The most TCB infos.</summary>
    public const int MaximumTcbInfos = 512;

    private PlatformCollateral(ImmutableArray<PlatformRegistration> platforms, ImmutableArray<PlatformCollateralEntry> entries) =>
        (Platforms, Entries) = (platforms, entries);

    /// <summary>The platforms, in their order.</summary>
    public ImmutableArray<PlatformRegistration> Platforms { get; }

    /// <summary>The documents; CRLs first, because others are checked against them.</summary>
    public ImmutableArray<PlatformCollateralEntry> Entries { get; }

    /// <summary>Writes an upload that Intel's administration tool, its PCCS and this service take.</summary>
    /// <param name="pieces">The pieces, verified by the caller.</param>
    /// <param name="platforms">The machines: whoever reads the upload learns their ids.</param>
    /// <param name="leftOut">
    /// What has no place in this form: everything of AMD's, pinned generations, single PCK certificates, documents of API version 3,
    /// lists of generations and families, and what has other issuers than the newest document of its kind.
    /// </param>
    /// <returns>JSON, API version 4. Signed documents stand in it byte by byte.</returns>
    public static byte[] Write(
        IEnumerable<StoredCollateral> pieces, IEnumerable<ProvisionedPlatform> platforms, out ImmutableArray<CollateralKey> leftOut)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(platforms);
        var writer = new PlatformCollateralWriter(pieces, platforms);
        var json = writer.Write();
        leftOut = writer.LeftOut;
        return json;
    }

    /// <summary>Reads an upload.</summary>
    /// <param name="json">The file; members that are not known are ignored.</param>
    /// <param name="received">The present instant, noted in every entry.</param>
    /// <param name="upload">The content; null on failure.</param>
    /// <param name="error">What is wrong and where, without a part of the input; empty on success.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> json, DateTimeOffset received, [NotNullWhen(true)] out PlatformCollateral? upload, out string error)
    {
        upload = null;
        if (!StrictJson.TryParse(json, out var document, out var problem, CollateralLimits.JsonDepth))
        {
            error = problem;
            return false;
        }

        using (document)
        {
            try
            {
                var reader = new PlatformCollateralReader(document.RootElement, received);
                upload = new PlatformCollateral(reader.Platforms(), reader.Entries());
                error = "";
                return true;
            }
            catch (MalformedInputException exception)
            {
                error = exception.Message;
                return false;
            }
        }
    }
}
