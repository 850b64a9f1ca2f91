using System.Security.Cryptography;

namespace Casemate.Measurement.Enclave;

public static partial class EnclaveFile
{
    /// <summary>Lays out a Gramine enclave by the rules of a release that is certain.</summary>
    /// <exception cref="EnclaveException">
    /// <see cref="EnclaveError.NotRecomputable"/>: nothing says which release it is; otherwise, the files are damaged.
    /// </exception>
    internal static EnclaveLayout LayOutGramine(GramineInput input, GramineManifest manifest, EnclaveLimits limits)
    {
        var (release, layouts) = GramineLayouts(input, manifest, limits);
        return release is not null
            ? layouts[0]
            : throw new EnclaveException(
                EnclaveError.NotRecomputable, $"{UnknownLibpal(input)}, so that nothing says how it is laid out",
                $"Say which release it is of: --gramine-release {string.Join(" or ", GramineRelease.Known.Select(known => known.Name))}.");
    }

    internal static GramineManifest ReadManifest(ReadOnlyMemory<byte> bytes) =>
        GramineManifest.TryRead(bytes.Span, out var manifest, out var error) && manifest is not null
            ? manifest : throw new EnclaveException(EnclaveError.MalformedEnclave, error);

    private static EnclaveReport InspectGramineCore(GramineInput input, DateTimeOffset now, EnclaveLimits limits)
    {
        var manifest = ReadManifest(input.Manifest);
        var findings = new List<EnclaveFinding>();
        if (manifest.InsecureSettings.Length > 0)
        {
            findings.Add(new EnclaveFinding(
                EnclaveFindingId.InsecureManifest, EnclaveFindingSeverity.Error,
                $"the manifest leaves to the host what no measurement shows: {string.Join(", ", manifest.InsecureSettings.Take(8))}",
                "Name arguments, environment and files in the manifest (loader.argv, loader.env, sgx.trusted_files)."));
        }

        var draft = new VariantDraft("", input.Signature, input.Signature.IsEmpty ? -1 : 0, now)
        {
            Settings =
            [
                new("enclave size", $"0x{manifest.EnclaveSize:x}"), new("threads", $"{manifest.Threads}"),
                new("pages added later (EDMM)", manifest.IsDynamic ? "yes" : "no"),
            ],
        };
        draft.Expect("product id", manifest.ProductId, structure => structure.ProductId);
        draft.Expect("security version", manifest.SecurityVersion, structure => structure.SecurityVersion);
        draft.Expect("debug", manifest.IsDebug ? 1UL : 0, structure => structure.Flags.HasFlag(EnclaveFlags.Debug) ? 1UL : 0);
        if (CannotLayOut(input, manifest) is { } reason)
        {
            draft.CannotRecompute(reason);
        }
        else
        {
            var (release, layouts) = GramineLayouts(input, manifest, limits);
            draft.LaterPages = manifest.IsDynamic ? layouts[0].Size / EnclaveMeasurement.PageSize
                - (GramineRelease.HeapStart / EnclaveMeasurement.PageSize) - layouts[0].AddedPages : 0;
            draft.Compare(
                layouts,
                release is null ? $"{UnknownLibpal(input)}, and no layout that is known gives the signed value" : null);
        }

        return new EnclaveReport(EnclaveFormat.Gramine, [draft.Build()], findings);
    }

    private static string? CannotLayOut(GramineInput input, GramineManifest manifest) =>
        input.Libpal.IsEmpty ? "libpal.so of the Gramine installation is not there (--libpal)"
        : manifest.ChangesLayout
            ? "the manifest has a setting (AEX-Notify, nonpie_binary) under which this release does not know the layout"
        : null;

    private static string UnknownLibpal(GramineInput input) =>
        $"libpal.so (SHA-256 {Convert.ToHexStringLower(SHA256.HashData(input.Libpal.Span))}) is of no release that is known by its digest";

    // One layout of the release that is certain; otherwise one of each that differs.
    private static (GramineRelease? Release, IReadOnlyList<EnclaveLayout> Layouts) GramineLayouts(
        GramineInput input, GramineManifest manifest, EnclaveLimits limits)
    {
        if (CannotLayOut(input, manifest) is { } reason)
        {
            throw new EnclaveException(EnclaveError.NotRecomputable, reason);
        }

        var libpal = ElfSections.Read(input.Libpal);
        var release = GramineRelease.Find(input.Release, Convert.ToHexStringLower(SHA256.HashData(input.Libpal.Span)));
        if (release is null && input.Release is not null)
        {
            throw new EnclaveException(
                EnclaveError.NotRecomputable, $"Gramine {ElfSections.Printable(input.Release)} is not a release whose layout is known",
                $"Known are {string.Join(", ", GramineRelease.Known.Select(known => known.Name))}.");
        }

        var releases = release is not null ? [release] : GramineRelease.Known.DistinctBy(known => known.Offsets);
        return (release, [.. releases.Select(known => GramineLoader.Read(manifest, input.Manifest, libpal, known, limits))]);
    }
}
