using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Casemate.Oci.Zstandard;

/// <summary>
/// Reads bits from the end of a stream to its beginning; the highest bit that is set in the last byte ends the stream.
/// Sources: RFC 8878, sections 4.1 and 4.2.2.
/// </summary>
/// <remarks>
/// At least <see cref="BitsAfterRefill"/> bits, or all that are left, can be read after <see cref="Refill"/>. Reading more than there
/// are gives bits of no meaning and is seen afterwards: <see cref="IsOverrun"/>.
/// </remarks>
internal ref struct BackwardBitReader
{
    public const int BitsAfterRefill = 57;
    private const int ContainerBits = 64;

    private readonly ReadOnlySpan<byte> _bytes;
    private ulong _container;
    private int _position;
    private int _consumed;

    /// <summary>Goes to the end of the stream.</summary>
    /// <param name="bytes">The stream.</param>
    /// <param name="name">How it is named in messages.</param>
    public BackwardBitReader(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.IsEmpty || bytes[^1] == 0)
        {
            throw ZstandardException.Block($"{name} has no end mark");
        }

        _bytes = bytes;
        _consumed = BitOperations.LeadingZeroCount((uint)bytes[^1]) - 24 + 1;
        if (bytes.Length >= sizeof(ulong))
        {
            _position = bytes.Length - sizeof(ulong);
            _container = BinaryPrimitives.ReadUInt64LittleEndian(bytes[_position..]);
            return;
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            _container |= (ulong)bytes[i] << (8 * i);
        }

        _consumed += 8 * (sizeof(ulong) - bytes.Length);
    }

    /// <summary>True if exactly all bits were read.</summary>
    public readonly bool IsFinished => _position == 0 && _consumed == ContainerBits;

    /// <summary>True if more bits were read than there are.</summary>
    public readonly bool IsOverrun => _consumed > ContainerBits;

    /// <summary>Moves on to where the next bits are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Refill()
    {
        var bytes = Math.Min(_consumed >> 3, _position);
        if (bytes > 0)
        {
            _position -= bytes;
            _consumed -= bytes << 3;
            _container = BinaryPrimitives.ReadUInt64LittleEndian(_bytes.Slice(_position, sizeof(ulong)));
        }
    }

    /// <summary>The next bits, which stay to be read.</summary>
    /// <param name="count">1 to 57.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Peek(int count) => (int)(_container << _consumed >> (ContainerBits - count));

    /// <summary>Goes past bits that were seen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int count) => _consumed += count;

    /// <summary>Reads the next bits.</summary>
    /// <param name="count">0 to 31.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Read(int count)
    {
        // In two steps, because a shift by 64 is none.
        var value = (uint)(_container << _consumed >> 1 >> (ContainerBits - 1 - count));
        _consumed += count;
        return value;
    }
}
