using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
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
