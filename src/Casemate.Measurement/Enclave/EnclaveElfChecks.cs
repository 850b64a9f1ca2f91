using Casemate.Measurement.Elf;

namespace Casemate.Measurement.Enclave;

/// <summary>What is unsafe or impossible about an enclave as an ELF file, whoever loads it.</summary>
internal static class EnclaveElfChecks
{
    /// <summary>Examines a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="mayNeedOneModule">Open Enclave takes one enclave module beside the enclave.</param>
    /// <param name="needed">The libraries that it asks for.</param>
    /// <exception cref="EnclaveException">Its dynamic segment is malformed.</exception>
    public static List<EnclaveFinding> Examine(ElfFile file, bool mayNeedOneModule, out IReadOnlyList<string> needed)
    {
        var findings = new List<EnclaveFinding>();
        foreach (var segment in ElfSections.Loaded(file))
        {
            if (segment.Flags.HasFlag(ElfSegmentFlags.Write | ElfSegmentFlags.Execute))
            {
                findings.Add(new EnclaveFinding(
                    EnclaveFindingId.WritableCode, EnclaveFindingSeverity.Error,
                    $"{ElfSections.Name(file, segment)} is writable and executable: an error in the enclave can become code",
                    "Link it without such a segment (-z noexecstack, no -N or --omagic)."));
            }
        }

        needed = [];
        if (!file.TryReadDynamic(out var dynamic, out var error))
        {
            return error is ElfError.NoDynamicSegment
                ? findings
                : throw new EnclaveException(EnclaveError.MalformedElf,
                    $"its dynamic segment cannot be read: {ElfException.Describe(error)}");
        }

        if (dynamic.HasTextRelocations)
        {
            findings.Add(new EnclaveFinding(
                EnclaveFindingId.TextRelocations, EnclaveFindingSeverity.Warning,
                "it has relocations in code (DT_TEXTREL), whose pages are made writable", "Compile everything with -fPIC or -fPIE."));
        }

        needed = dynamic.Needed;
        if (needed.Count > (mayNeedOneModule ? 1 : 0))
        {
            findings.Add(new EnclaveFinding(
                EnclaveFindingId.NeedsLibraries, EnclaveFindingSeverity.Error,
                $"it asks for shared libraries ({string.Join(", ", needed.Take(5).Select(ElfSections.Printable))}), "
                    + "which its loader does not bring",
                "Link everything into the enclave (-nostdlib -nodefaultlibs, static libraries of the kit)."));
        }

        return findings;
    }
}
