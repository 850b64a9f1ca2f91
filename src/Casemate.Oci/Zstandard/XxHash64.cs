using System.Buffers.Binary;
using System.Numerics;

namespace Casemate.Oci.Zstandard;

/// <summary>
/// XXH64 with seed 0, of which a frame's checksum is the lower half. Finds accidents, not attacks. Sources: RFC 8878, section 3.1.1;
/// xxHash fast digest algorithm, version 0.1.1. Own code, because System.IO.Hashing is not among the packages that this project builds from.
/// </summary>
internal sealed class XxHash64
{
    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63;
    private const ulong Prime5 = 0x27D4EB2F165667C5;
    private const int StripeBytes = 32;

    private readonly byte[] _rest = new byte[StripeBytes];
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;
    private ulong _length;

    /// <summary>Begins.</summary>
    public XxHash64() => Reset();

    /// <summary>Begins again.</summary>
    public void Reset() => (_a, _b, _c, _d, _length) = (unchecked(Prime1 + Prime2), Prime2, 0, unchecked(0 - Prime1), 0);

    /// <summary>Takes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var kept = (int)(_length % StripeBytes);
        _length += (ulong)bytes.Length;
        if (kept > 0)
        {
            var taken = Math.Min(StripeBytes - kept, bytes.Length);
            bytes[..taken].CopyTo(_rest.AsSpan(kept));
            bytes = bytes[taken..];
            if (kept + taken < StripeBytes)
            {
                return;
            }

            Stripes(_rest);
        }

        var whole = bytes.Length - (bytes.Length % StripeBytes);
        Stripes(bytes[..whole]);
        bytes[whole..].CopyTo(_rest);
    }

    /// <summary>The digest of all bytes so far.</summary>
    public ulong Digest()
    {
        var hash = Prime5;
        if (_length >= StripeBytes)
        {
            hash = BitOperations.RotateLeft(_a, 1) + BitOperations.RotateLeft(_b, 7)
                + BitOperations.RotateLeft(_c, 12) + BitOperations.RotateLeft(_d, 18);
            hash = Merge(Merge(Merge(Merge(hash, _a), _b), _c), _d);
        }

        hash += _length;
        var rest = _rest.AsSpan(0, (int)(_length % StripeBytes));
        for (; rest.Length >= 8; rest = rest[8..])
        {
            hash = (BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(rest)), 27) * Prime1) + Prime4;
        }

        if (rest.Length >= 4)
        {
            hash = (BitOperations.RotateLeft(hash ^ (BinaryPrimitives.ReadUInt32LittleEndian(rest) * Prime1), 23) * Prime2) + Prime3;
            rest = rest[4..];
        }

        foreach (var value in rest)
        {
            hash = BitOperations.RotateLeft(hash ^ (value * Prime5), 11) * Prime1;
        }

        hash = (hash ^ (hash >> 33)) * Prime2;
        hash = (hash ^ (hash >> 29)) * Prime3;
        return hash ^ (hash >> 32);
    }

    private void Stripes(ReadOnlySpan<byte> bytes)
    {
        var (a, b, c, d) = (_a, _b, _c, _d);
        for (; bytes.Length >= StripeBytes; bytes = bytes[StripeBytes..])
        {
            a = Round(a, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            b = Round(b, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
            c = Round(c, BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
            d = Round(d, BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
        }

        (_a, _b, _c, _d) = (a, b, c, d);
    }

    private static ulong Round(ulong lane, ulong value) => BitOperations.RotateLeft(lane + (value * Prime2), 31) * Prime1;

    private static ulong Merge(ulong hash, ulong lane) => ((hash ^ Round(0, lane)) * Prime1) + Prime4;
}
