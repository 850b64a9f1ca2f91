using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Casemate.Attestation.Tdx;

/// <summary>UEFI_VARIABLE_DATA, read in place. Layout: TCG PC Client Platform Firmware Profile 1.06, section 10.2.6.</summary>
internal readonly ref struct EfiVariableData
{
    private const int HeaderSize = 32;

    private EfiVariableData(Guid vendor, ReadOnlySpan<char> name, ReadOnlySpan<byte> value)
    {
        Vendor = vendor;
        Name = name;
        Value = value;
    }

    public Guid Vendor { get; }

    public ReadOnlySpan<char> Name { get; }

    public ReadOnlySpan<byte> Value { get; }

    public static bool TryRead(ReadOnlySpan<byte> source, out EfiVariableData variable)
    {
        variable = default;
        if (source.Length < HeaderSize)
        {
            return false;
        }

        var characters = BinaryPrimitives.ReadUInt64LittleEndian(source[16..]);
        var size = BinaryPrimitives.ReadUInt64LittleEndian(source[24..]);
        var rest = source[HeaderSize..];
        if (characters > (ulong)rest.Length / 2 || size != (ulong)rest.Length - (characters * 2))
        {
            return false;
        }

        var nameSize = (int)characters * 2;
        variable = new EfiVariableData(new Guid(source[..16]), MemoryMarshal.Cast<byte, char>(rest[..nameSize]), rest[nameSize..]);
        return true;
    }
}
