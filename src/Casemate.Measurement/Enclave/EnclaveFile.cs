using Casemate.Measurement.Elf;

namespace Casemate.Measurement.Enclave;

/// <summary>Inspects enclave files: recognises their kind, verifies signatures, recomputes MRENCLAVE, judges settings.</summary>
public static partial class EnclaveFile
{
    private const int MaxOpaqueSignatures = 16;

    /// <summary>Recognises what kind of file this is. Never throws.</summary>
    /// <param name="file">The whole file.</param>
    /// <returns>
    /// The kind; <see cref="EnclaveFormat.Unknown"/> for what is none. A Gramine manifest is text and is not recognised here: it is
    /// known by its name.
    /// </returns>
    public static EnclaveFormat Detect(ReadOnlyMemory<byte> file)
    {
        if (file.Length == SigStruct.Size && file.Span.StartsWith(SigStruct.Header))
        {
            return EnclaveFormat.SigStruct;
        }

        if (ElfFile.TryRead(file, out var elf, out _))
        {
            if (elf.TryFindSection(OpenEnclaveLoader.SectionName, out _))
            {
                return EnclaveFormat.OpenEnclave;
            }

            if (elf.TryFindSection(SdkMetadata.SectionName, out _))
            {
                return EnclaveFormat.IntelSdk;
            }
        }

        return FindSignatures(file).Count > 0 ? EnclaveFormat.Opaque : EnclaveFormat.Unknown;
    }

    /// <summary>Inspects an ELF enclave, a signature structure, or another file that holds one.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="now">The instant that dates are compared with.</param>
    /// <param name="limits">How much work it may ask for; null: the defaults.</param>
    /// <exception cref="EnclaveException">It is no enclave, a damaged one, or one that exceeds the limits.</exception>
    public static EnclaveReport Inspect(ReadOnlyMemory<byte> file, DateTimeOffset now, EnclaveLimits? limits = null)
    {
        limits ??= EnclaveLimits.Default;
        if (file.Length > limits.MaxFileBytes)
        {
            throw EnclaveException.TooLarge($"it has {file.Length} bytes, and at most {limits.MaxFileBytes} are read");
        }

        return Detect(file) switch
        {
            EnclaveFormat.OpenEnclave => InspectOpenEnclave(ElfSections.Read(file), now, limits),
            EnclaveFormat.IntelSdk => InspectSdk(ElfSections.Read(file), now, limits),
            EnclaveFormat.SigStruct => InspectSigStruct(file, now),
            EnclaveFormat.Opaque => InspectOpaque(file, now),
            _ => throw new EnclaveException(
                EnclaveError.UnknownFormat, "it is no enclave of a known kind, and holds no signature structure",
                "Name a signed enclave of Open Enclave or the Intel SDK, a Gramine manifest (.manifest.sgx), or a SIGSTRUCT (.sig)."),
        };
    }

    /// <summary>Inspects a Gramine enclave.</summary>
    /// <param name="input">Manifest, signature and <c>libpal.so</c>.</param>
    /// <param name="now">The instant that dates are compared with.</param>
    /// <param name="limits">How much work it may ask for; null: the defaults.</param>
    /// <exception cref="EnclaveException">The manifest or <c>libpal.so</c> is damaged, or exceeds the limits.</exception>
    public static EnclaveReport InspectGramine(GramineInput input, DateTimeOffset now, EnclaveLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        return InspectGramineCore(input, now, limits ?? EnclaveLimits.Default);
    }

    private static EnclaveReport InspectOpenEnclave(ElfFile file, DateTimeOffset now, EnclaveLimits limits)
    {
        var findings = EnclaveElfChecks.Examine(file, mayNeedOneModule: true, out var needed);
        var loader = new OpenEnclaveLoader(file, limits);
        _ = OpenEnclaveProperties.TryRead(loader.Properties, out var properties);
        var draft = new VariantDraft("", properties.SigStruct.ToArray(), loader.SigStructFileOffset, now)
        {
            Settings =
            [
                new("heap", Pages(properties.HeapPages)), new("stack of each thread", Pages(properties.StackPages)),
                new("threads", $"{properties.Threads}"),
                new("base", properties.IsZeroBase ? $"0, pages from 0x{properties.StartAddress:x}" : "chosen by the host"),
                new("page faults reported", properties.CapturesPageFaults ? "yes" : "no"),
            ],
        };
        draft.Expect("product id", properties.ProductId, structure => structure.ProductId);
        draft.Expect("security version", properties.SecurityVersion, structure => structure.SecurityVersion);
        draft.Expect("flags", (ulong)properties.Flags, structure => (ulong)structure.Flags);
        if (needed.Count > 0)
        {
            draft.CannotRecompute(
                $"it is loaded together with {ElfSections.Printable(needed[0])}, and enclave modules are not laid out by this release");
        }
        else
        {
            draft.Compare([.. loader.Layouts()]);
        }

        return new EnclaveReport(EnclaveFormat.OpenEnclave, [draft.Build()], findings);
    }

    private static EnclaveReport InspectSdk(ElfFile file, DateTimeOffset now, EnclaveLimits limits)
    {
        var findings = EnclaveElfChecks.Examine(file, mayNeedOneModule: false, out _);
        var variants = new List<EnclaveVariant>();
        foreach (var metadata in SdkMetadata.ReadAll(file))
        {
            var draft = new VariantDraft(
                $"metadata {metadata.Version}", metadata.SigStruct, metadata.FileOffset + SdkMetadata.SigStructOffset, now)
            {
                Settings =
                [
                    new("loaded by", SdkLoadedBy(metadata)), new("enclave size", $"0x{metadata.EnclaveSize:x}"),
                    new("state save area", Pages(metadata.SsaFramePages)),
                ],
            };
            draft.Expect("MISCSELECT", metadata.MiscSelect, structure => structure.MiscSelect);
            if (metadata.HasExtension)
            {
                draft.CannotRecompute("a shared object is loaded beside it (FIPS), which is not laid out by this release");
            }
            else
            {
                var layout = SdkLoader.Read(file, metadata, limits, out var laterPages);
                limits = limits.After(layout);
                draft.LaterPages = laterPages;
                draft.Compare([layout]);
            }

            variants.Add(draft.Build());
        }

        return new EnclaveReport(EnclaveFormat.IntelSdk, variants, findings);
    }

    private static string SdkLoadedBy(SdkMetadata metadata) => (metadata.Major % 10) switch
    {
        1 => "all runtimes; current ones where pages cannot be added later",
        2 => "old runtimes only",
        3 => "current runtimes where pages can be added later (EDMM)",
        _ => "no runtime that is known",
    };

    private static EnclaveReport InspectSigStruct(ReadOnlyMemory<byte> file, DateTimeOffset now)
    {
        var draft = new VariantDraft("", file, 0, now);
        draft.CannotRecompute("the file is a signature structure alone; what it signs is not in it");
        return new EnclaveReport(EnclaveFormat.SigStruct, [draft.Build()], []);
    }

    private static EnclaveReport InspectOpaque(ReadOnlyMemory<byte> file, DateTimeOffset now)
    {
        var variants = new List<EnclaveVariant>();
        foreach (var at in FindSignatures(file))
        {
            var draft = new VariantDraft($"signature structure at 0x{at:x}", file.Slice(at, SigStruct.Size), at, now);
            draft.CannotRecompute("how this kind of enclave is loaded is not known");
            variants.Add(draft.Build());
        }

        return new EnclaveReport(EnclaveFormat.Opaque, variants, []);
    }

    private static List<int> FindSignatures(ReadOnlyMemory<byte> file)
    {
        var found = new List<int>();
        var from = 0;
        while (found.Count < MaxOpaqueSignatures && file.Span[from..].IndexOf(SigStruct.Header) is var next and >= 0)
        {
            var at = from + next;
            if (file.Length - at >= SigStruct.Size
                && SigStruct.TryRead(file.Span.Slice(at, SigStruct.Size), out _) is SigStructError.None)
            {
                found.Add(at);
                from = at + SigStruct.Size;
            }
            else
            {
                from = at + 1;
            }
        }

        return found;
    }

    private static string Pages(ulong pages) => $"{pages} {(pages == 1 ? "page" : "pages")}";
}
