using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Globalization;

namespace Casemate.Cli.Show;

/// <summary>Collects the fields of one part of evidence, by their offsets within it.</summary>
/// <param name="part">The bytes of the part.</param>
/// <param name="start">Where the part starts in the evidence.</param>
/// <param name="machineIds">Whether values that identify a machine are shown.</param>
internal sealed class FieldList(byte[] part, int start, bool machineIds)
{
    private readonly List<ShownField> _fields = [];

    /// <summary>The part with what was added so far.</summary>
    public ShownSection Named(string name) => new(name, _fields);

    /// <summary>Bytes without a reading of their own.</summary>
    public void Bytes(string name, int offset, int size, string meaning = "") => Add(name, offset, size, meaning, null);

    /// <summary>Bytes that identify one machine.</summary>
    public void MachineId(string name, int offset, int size, string meaning = "")
    {
        // All zero means that there is no such id (masked, or not given), which is worth knowing and tells nothing of a machine.
        var empty = !part.AsSpan(offset, size).ContainsAnyExcept((byte)0);
        if (machineIds || empty)
        {
            Add(name, offset, size, empty ? "all zero" : meaning, null);
        }
        else
        {
            _fields.Add(new ShownField(name, start + offset, size, null, meaning, null));
        }
    }

    /// <summary>Bytes that must be zero; left out of the reading when they are.</summary>
    public void Reserved(int offset, int size) =>
        Add("reserved", offset, size, part.AsSpan(offset, size).ContainsAnyExcept((byte)0) ? "not zero" : "", null);

    /// <summary>An unsigned number of 1, 2, 4 or 8 bytes, little endian.</summary>
    public void Number(string name, int offset, int size, Func<ulong, string>? meaning = null)
    {
        var value = Value(offset, size);
        Add(name, offset, size, meaning?.Invoke(value) ?? value.ToString(CultureInfo.InvariantCulture), null);
    }

    /// <summary>Flags of 1 to 8 bytes, little endian.</summary>
    public void Bits(string name, int offset, int size, FrozenDictionary<int, string> names, int from = 0, string meaning = "") =>
        Add(name, offset, size, meaning, BitNames.Of(Value(offset, size), names, from));

    private ulong Value(int offset, int size)
    {
        Span<byte> wide = stackalloc byte[8];
        part.AsSpan(offset, size).CopyTo(wide);
        return BinaryPrimitives.ReadUInt64LittleEndian(wide);
    }

    private void Add(string name, int offset, int size, string meaning, IReadOnlyList<string>? bits) =>
        _fields.Add(new ShownField(name, start + offset, size, Convert.ToHexStringLower(part.AsSpan(offset, size)), meaning, bits));
}
