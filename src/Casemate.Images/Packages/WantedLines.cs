using System.Buffers.Binary;
using System.Text;

namespace Casemate.Images.Packages;

/// <summary>
/// Finds a few lines in very many: the lists of a system's packages have hundreds of thousands of paths. A line is compared only with
/// those that have its length and its last eight bytes.
/// </summary>
internal sealed class WantedLines
{
    private const int TailBytes = 8;
    private readonly Dictionary<(int Length, ulong Tail), List<(byte[] Line, string Value)>> _byTail = [];

    /// <summary>Prepares the lines.</summary>
    /// <param name="wanted">Lines, with what each stands for.</param>
    public WantedLines(IReadOnlyDictionary<string, string> wanted)
    {
        foreach (var (text, value) in wanted)
        {
            var line = Encoding.UTF8.GetBytes(text);
            var key = (line.Length, Tail(line));
            if (!_byTail.TryGetValue(key, out var same))
            {
                _byTail[key] = same = [];
            }

            same.Add((line, value));
        }
    }

    /// <summary>Calls back for each line of a file that is wanted, with what it stands for. Never throws by itself.</summary>
    public void Find(ReadOnlySpan<byte> file, Action<string> found)
    {
        while (!file.IsEmpty)
        {
            var end = file.IndexOf((byte)'\n');
            var line = end < 0 ? file : file[..end];
            file = end < 0 ? [] : file[(end + 1)..];
            if (!_byTail.TryGetValue((line.Length, Tail(line)), out var candidates))
            {
                continue;
            }

            foreach (var (candidate, value) in candidates)
            {
                if (line.SequenceEqual(candidate))
                {
                    found(value);
                }
            }
        }
    }

    private static ulong Tail(ReadOnlySpan<byte> line)
    {
        if (line.Length >= TailBytes)
        {
            return BinaryPrimitives.ReadUInt64LittleEndian(line[^TailBytes..]);
        }

        var tail = 0UL;
        foreach (var value in line)
        {
            tail = (tail << 8) | value;
        }

        return tail;
    }
}
