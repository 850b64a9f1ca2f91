using System.Globalization;
using System.Text.RegularExpressions;
using Casemate.Node.Discovery;

namespace Casemate.Node.Machines;

/// <summary>
/// A processor described by lines as <c>cpuid -1 -r</c> prints them: <c>0x00000012 0x02: eax=0x… ebx=0x… ecx=0x… edx=0x…</c>.
/// </summary>
public sealed partial class DescribedCpuid : ICpuid
{
    private readonly Dictionary<(uint Leaf, uint SubLeaf), CpuidRegisters> _leaves = [];

    private DescribedCpuid()
    {
    }

    /// <inheritdoc/>
    public CpuidRegisters Read(uint leaf, uint subLeaf) => _leaves.GetValueOrDefault((leaf, subLeaf));

    /// <summary>
    /// Reads a description; empty lines, lines that start with <c>#</c> and the line <c>CPU 0:</c> or <c>CPU:</c> are skipped.
    /// </summary>
    /// <param name="text">The description.</param>
    /// <param name="cpuid">The processor; null after an error.</param>
    /// <param name="error">What is wrong and in which line; empty after success.</param>
    public static bool TryRead(string text, out DescribedCpuid? cpuid, out string error)
    {
        ArgumentNullException.ThrowIfNull(text);
        var described = new DescribedCpuid();
        cpuid = null;
        error = "";
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#' || Heading().IsMatch(line))
            {
                continue;
            }

            if (Leaf().Match(line) is not { Success: true } match)
            {
                error = $"cpuid.txt, line {number}: not of the form '0xLEAF 0xSUB: eax=0x… ebx=0x… ecx=0x… edx=0x…'";
                return false;
            }

            var registers = new CpuidRegisters(Hex(match, 3), Hex(match, 4), Hex(match, 5), Hex(match, 6));
            if (!described._leaves.TryAdd((Hex(match, 1), Hex(match, 2)), registers))
            {
                error = $"cpuid.txt, line {number}: the sub-leaf was there before";
                return false;
            }
        }

        cpuid = described;
        return true;
    }

    private static uint Hex(Match match, int group) =>
        uint.Parse(match.Groups[group].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    [GeneratedRegex("^CPU( 0)?:$")]
    private static partial Regex Heading();

    [GeneratedRegex(
        "^0x([0-9a-f]{1,8}) 0x([0-9a-f]{1,8}): eax=0x([0-9a-f]{8}) ebx=0x([0-9a-f]{8}) ecx=0x([0-9a-f]{8}) edx=0x([0-9a-f]{8})$")]
    private static partial Regex Leaf();
}
