using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Casemate.Measurement.Elf;

namespace Casemate.Quoting.Sgx;

/// <summary>The shared object that the kernel maps into every process, with functions of its own. Source: Linux, <c>vdso(7)</c>.</summary>
internal static class VirtualDso
{
    /// <summary>The function that enters enclaves, since Linux 5.11.</summary>
    public const string EnterEnclave = "__vdso_sgx_enter_enclave";

    // Two pages at this time. What is larger by far is not what is looked for.
    private const ulong MaximumSize = 1 << 20;

    /// <summary>Where the object lies in this process: the kernel's own list of mappings has its exact bounds.</summary>
    /// <param name="mappings">Lines of <c>/proc/self/maps</c>.</param>
    /// <param name="start">Its first address.</param>
    /// <param name="size">Its bytes.</param>
    /// <returns>False when there is none.</returns>
    public static bool TryLocate(IEnumerable<string> mappings, out nuint start, out int size)
    {
        (start, size) = (0, 0);
        foreach (var line in mappings.Where(line => line.EndsWith(" [vdso]", StringComparison.Ordinal)))
        {
            var range = line.AsSpan(0, line.IndexOf(' ', StringComparison.Ordinal));
            var dash = range.IndexOf('-');
            if (dash > 0
                && ulong.TryParse(range[..dash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var from)
                && ulong.TryParse(range[(dash + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var to)
                && from > 0 && to > from && to - from <= MaximumSize)
            {
                (start, size) = ((nuint)from, (int)(to - from));
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds a function. Never throws.</summary>
    /// <param name="image">The object's bytes.</param>
    /// <param name="name">The function's name.</param>
    /// <param name="offset">Where it is, from the object's start.</param>
    /// <param name="problem">Why there is none, a clause; null after success.</param>
    public static bool TryFind(ReadOnlyMemory<byte> image, string name, out int offset, [NotNullWhen(false)] out string? problem)
    {
        offset = 0;
        if (!ElfFile.TryRead(image, out var file, out var error) || !file.TryReadDynamic(out var dynamic, out error))
        {
            problem = $"the kernel's vDSO cannot be read ({error})";
            return false;
        }

        if (!dynamic.Symbols.TryFindDefined(Encoding.ASCII.GetBytes(name), out var symbol))
        {
            problem = $"the kernel's vDSO has no {name}";
            return false;
        }

        // As long as the object is mapped as it stands in its file, which it has been for ever, an address is an offset.
        if (file.Find(ElfSegmentType.Load) is not { Address: 0, Offset: 0 } code || symbol.Value >= code.FileSize)
        {
            problem = $"{name} of the kernel's vDSO is not inside of it";
            return false;
        }

        (offset, problem) = ((int)symbol.Value, null);
        return true;
    }
}
