using System.Collections.Immutable;
using Casemate.Images.Packing;
using Casemate.Measurement.Enclave;
using Casemate.Oci;
using Casemate.Oci.Building;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;

namespace Casemate.Images.Gramine;

/// <summary>Writes the image of a plan with the signature of its enclave: the source's layers unchanged, Gramine's, and the enclave's on
/// top.</summary>
public static class EnclaveImageWriter
{
    /// <summary>Writes an image.</summary>
    /// <param name="plan">The image.</param>
    /// <param name="signature">The signature structure of its enclave, 1808 bytes.</param>
    /// <param name="target">Where it goes; it is completed.</param>
    /// <param name="tag">The tag; null for none.</param>
    /// <param name="now">The time, to judge the date of signing.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <exception cref="EnclaveImageException"><see cref="EnclaveImageError.MeasurementMismatch"/>: the signature is not of this
    /// enclave.</exception>
    /// <exception cref="EnclaveException">The signature is malformed.</exception>
    /// <exception cref="OciException">A file cannot be read or written.</exception>
    public static async Task<EnclaveImage> WriteAsync(
        EnclaveImagePlan plan, ReadOnlyMemory<byte> signature, IImageTarget target, string? tag, DateTimeOffset now,
            CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var report = EnclaveFile.InspectGramine(plan.Input with { Signature = signature }, now);
        Require(report, signature.Span);
        var labels = plan.Labels.ToBuilder();
        ImageLabels.AddEnclave(labels, 0, new PackedEnclave(EnclaveImagePlan.ManifestPath, report));

        var builder = new ImageBuilder(target, plan.Options.EpochSeconds);
        await builder.AddBaseAsync(plan.Source, cancel).ConfigureAwait(false);
        await builder.AddLayerAsync(plan.RuntimeFiles, "casemate image enclave: Gramine", compress: true, cancel).ConfigureAwait(false);
        await builder.AddLayerAsync(
            plan.ApplicationFiles.Append(LayerFile.File(EnclaveImagePlan.SignaturePath, ContentSource.FromBytes(signature))),
            "casemate image enclave: manifest and signature", compress: true, cancel).ConfigureAwait(false);
        var computed = labels.ToImmutable();
        var config = new ImageConfig
        {
            Platform = plan.Source.Config.Platform,
            DiffIds = [],
            Config = plan.Config with
            {
                Labels = plan.Config.Labels.Where(label => !computed.ContainsKey(label.Key)).Concat(computed)
                .ToImmutableSortedDictionary(StringComparer.Ordinal)
            },
        };
        var descriptor = await builder.CompleteAsync(config, computed, tag, cancel).ConfigureAwait(false);
        return new EnclaveImage(descriptor, report, computed);
    }

    private static void Require(EnclaveReport report, ReadOnlySpan<byte> signature)
    {
        if (SigStruct.TryRead(signature, out var structure) is not SigStructError.None
            || structure.Verify() is not SigStructSignature.Valid)
        {
            throw new EnclaveImageException(
                EnclaveImageError.MeasurementMismatch, "the enclave's signature structure is malformed or its signature does not verify");
        }

        if (report.Variants.FirstOrDefault(variant => variant.State is not MrEnclaveState.Matches) is { } wrong)
        {
            throw new EnclaveImageException(EnclaveImageError.MeasurementMismatch, $"what was signed is not this enclave: {wrong.Reason}");
        }
    }
}
