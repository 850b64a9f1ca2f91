using System.Net;
using System.Net.Sockets;

namespace Casemate.Serve.Pccs;

/// <summary>
/// Bounds how many machines that are not known one source may bring in an hour. A machine that asks again counts once. Safe for
/// concurrent use.
/// </summary>
/// <remarks>
/// An address of IPv4 is one source. Of IPv6 whoever has one address has a /64, and often a /48 with 65,536 of them: the /64 has the limit,
/// its /48 eight times and its /32, which is a provider's, sixty-four times as much. So no customer, and hardly a provider, can take all
/// places of the table; and where it is full all the same, the source that came first makes room, which costs the others nothing.
/// </remarks>
/// <param name="perSource">Machines that one source may bring.</param>
/// <param name="time">The clock.</param>
/// <param name="maximumSources">Sources, and networks of each size, of which count is kept.</param>
internal sealed class NewMachineLimit(int perSource, TimeProvider time, int maximumSources = 4096)
{
    private const int SiteFactor = 8;
    private const int ProviderFactor = 64;

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly HourlyTable<HashSet<int>> _sources = new(maximumSources, Window, () => []);
    private readonly HourlyTable<Count> _sites = new(maximumSources, Window, () => new Count());
    private readonly HourlyTable<Count> _providers = new(maximumSources, Window, () => new Count());

    /// <summary>Sources of which count is kept now.</summary>
    public int SourceCount
    {
        get
        {
            lock (_lock)
            {
                return _sources.Count;
            }
        }
    }

    /// <summary>Takes note of a machine.</summary>
    /// <param name="address">Where the question comes from; null for the Unix socket.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="full">The source, or the network around it, that has brought too many; null when this machine may come.</param>
    /// <param name="retryAfter">When it may bring a new one again; zero when this one may come.</param>
    /// <returns>False when too many were brought.</returns>
    public bool TryTake(IPAddress? address, string machine, out string? full, out TimeSpan retryAfter)
    {
        (full, retryAfter) = (null, TimeSpan.Zero);
        var now = time.GetUtcNow();

        // A hash of 32 bits with a seed of this process's own: ids of machines are not kept here. Two that collide count as one.
        var hash = machine.GetHashCode(StringComparison.OrdinalIgnoreCase);
        lock (_lock)
        {
            var name = NameOf(address);
            var machines = _sources.Find(name, now);
            if (machines?.Value.Contains(hash) == true)
            {
                return true;
            }

            if (machines?.Value.Count >= perSource)
            {
                (full, retryAfter) = (name, machines.Ends - now);
                return false;
            }

            var (site, provider) = (NetworkOf(address, 48), NetworkOf(address, 32));
            if (IsFull(_sites, site, SiteFactor, now, out retryAfter))
            {
                full = site;
                return false;
            }

            if (IsFull(_providers, provider, ProviderFactor, now, out retryAfter))
            {
                full = provider;
                return false;
            }

            _sources.FindOrAdd(name, now).Value.Add(hash);
            if (site is not null && provider is not null)
            {
                _sites.FindOrAdd(site, now).Value.Machines++;
                _providers.FindOrAdd(provider, now).Value.Machines++;
            }

            return true;
        }
    }

    /// <summary>What counts as one source.</summary>
    /// <param name="address">The address of the client; null for the Unix socket.</param>
    public static string NameOf(IPAddress? address) =>
        address is null ? "the Unix socket" : NetworkOf(address, 64) ?? Plain(address).ToString();

    private bool IsFull(HourlyTable<Count> table, string? network, int factor, DateTimeOffset now, out TimeSpan retryAfter)
    {
        retryAfter = TimeSpan.Zero;
        if (network is null || table.Find(network, now) is not { } known || known.Value.Machines < (long)perSource * factor)
        {
            return false;
        }

        retryAfter = known.Ends - now;
        return true;
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    // The network of an IPv6 address; null for any other. The bits are a multiple of eight.
    private static string? NetworkOf(IPAddress? address, int bits)
    {
        if (address is null || Plain(address) is not { AddressFamily: AddressFamily.InterNetworkV6 } whole)
        {
            return null;
        }

        var bytes = whole.GetAddressBytes();
        bytes.AsSpan(bits / 8).Clear();
        return $"{new IPAddress(bytes)}/{bits}";
    }

    private sealed class Count
    {
        public long Machines { get; set; }
    }
}
