using System.Buffers.Binary;

namespace Casemate.Fuzz;

/// <summary>
/// Makes hostile inputs from real ones: flips, interesting numbers in length fields, cuts, repeats, splices of two inputs. Everything
/// follows from the seed, so a count and a seed name a run.
/// </summary>
internal sealed class Mutator(int seed)
{
    private static readonly byte[] s_interesting = [0x00, 0x01, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFE, 0xFF, 0x30, (byte)'"', (byte)'{', (byte)'['];

    private readonly Random _random = new(seed);

    public byte[] Next(IReadOnlyList<byte[]> seeds)
    {
        var input = (byte[])seeds[_random.Next(seeds.Count)].Clone();
        for (var steps = 1 + _random.Next(4); steps > 0 && input.Length > 0; steps--)
        {
            input = Step(input, seeds);
        }

        return input;
    }

    private byte[] Step(byte[] input, IReadOnlyList<byte[]> seeds)
    {
        var at = _random.Next(input.Length);
        switch (_random.Next(9))
        {
            case 0:
                input[at] ^= (byte)(1 << _random.Next(8));
                return input;
            case 1:
                input[at] = s_interesting[_random.Next(s_interesting.Length)];
                return input;
            case 2:
                input[at] = (byte)_random.Next(256);
                return input;
            case 3 when input.Length - at >= 2:
                BinaryPrimitives.WriteUInt16LittleEndian(input.AsSpan(at), (ushort)_random.Next(65536));
                return input;
            case 4 when input.Length - at >= 4:
                BinaryPrimitives.WriteUInt32LittleEndian(input.AsSpan(at), _random.Next(2) == 0 ? uint.MaxValue - (uint)_random.Next(4) : (uint)_random.Next());
                return input;
            case 5:
                return input[..at];
            case 6:
                var length = Math.Min(_random.Next(1, 64), input.Length - at);
                return [.. input[..at], .. input.AsSpan(at, length), .. input[at..]];
            case 7:
                var gap = Math.Min(_random.Next(1, 64), input.Length - at);
                return [.. input[..at], .. input[(at + gap)..]];
            case 8:
                var other = seeds[_random.Next(seeds.Count)];
                return [.. input[..at], .. other[_random.Next(other.Length)..]];
            default:
                input[at]++;
                return input;
        }
    }
}
