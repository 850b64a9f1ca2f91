using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Casemate.Serve.Pccs;

/// <summary>
/// Bounds how many machines that are not known one source may bring in an hour. A machine that asks again counts once. Safe for
/// concurrent use.
/// </summary>
internal sealed class NewMachineLimit(int perSource, TimeProvider time)
{
    private const int MaximumSources = 4096;

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Source> _sources = [];

    /// <summary>Takes note of a machine.</summary>
    /// <param name="source">Where the question comes from, as <see cref="NameOf"/> says.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="retryAfter">When the source may bring a new one again; zero when this one may come.</param>
    /// <returns>False when the source has brought too many, or there are too many sources to keep count of.</returns>
    public bool TryTake(string source, string machine, out TimeSpan retryAfter)
    {
        retryAfter = TimeSpan.Zero;
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (!_sources.TryGetValue(source, out var known) || known.Ends <= now)
            {
                if (_sources.Count >= MaximumSources && !_sources.ContainsKey(source))
                {
                    RemoveEnded(now);
                    if (_sources.Count >= MaximumSources)
                    {
                        retryAfter = Window;
                        return false;
                    }
                }

                _sources[source] = known = new Source(now + Window, []);
            }

            // A hash of 32 bits with a seed of this process's own: ids of machines are not kept here. Two that collide count as one.
            if (known.Machines.Count < perSource)
            {
                known.Machines.Add(machine.GetHashCode(StringComparison.OrdinalIgnoreCase));
                return true;
            }

            retryAfter = known.Ends - now;
            return known.Machines.Contains(machine.GetHashCode(StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>What counts as one source.</summary>
    /// <param name="address">The address of the client; null for the Unix socket.</param>
    public static string NameOf(IPAddress? address)
    {
        if (address is null)
        {
            return "the Unix socket";
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (address.AddressFamily is not AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        // Whoever has one address of IPv6 has a whole /64.
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    private void RemoveEnded(DateTimeOffset now)
    {
        foreach (var (name, _) in _sources.Where(source => source.Value.Ends <= now).ToList())
        {
            _sources.Remove(name);
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Source(DateTimeOffset Ends, HashSet<int> Machines);
}
