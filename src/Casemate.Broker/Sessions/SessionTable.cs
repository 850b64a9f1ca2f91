using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Broker;

/// <summary>
/// The open sessions, in memory and bounded. All live equally long, so the oldest is always the first to expire; expired ones make
/// room, living ones never do, or whoever opens many sessions would throw others out.
/// </summary>
/// <remarks>Found by the hash of the id: how long a look-up takes tells nothing of the ids that are there.</remarks>
internal sealed class SessionTable(TimeSpan lifetime, int capacity)
{
    private const int NonceSize = 32;
    private const int HashLength = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Session> _byHash = [];
    private readonly Queue<Session> _byAge = [];

    /// <summary>How many sessions are held, expired ones included that nothing has removed yet.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byHash.Count;
            }
        }
    }

    /// <summary>Opens a session.</summary>
    /// <param name="tee">The TEE that the client announced.</param>
    /// <param name="now">The present.</param>
    /// <param name="session">The session, or null.</param>
    /// <param name="retryAfter">When the oldest session expires, if there is no room.</param>
    public bool TryOpen(string tee, DateTimeOffset now, [NotNullWhen(true)] out Session? session, out TimeSpan retryAfter)
    {
        // A version 4 UUID without dashes, as clients know it from other brokers.
        var id = RandomNumberGenerator.GetBytes(16);
        id[6] = (byte)((id[6] & 0x0F) | 0x40);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        var text = Convert.ToHexStringLower(id);
        var opened = new Session(
            text, HashOf(text), tee, Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceSize)), now + lifetime);
        lock (_lock)
        {
            RemoveExpired(now);
            if (_byAge.Count >= capacity)
            {
                session = null;
                retryAfter = _byAge.Peek().Expires - now;
                return false;
            }

            _byHash.Add(opened.Hash, opened);
            _byAge.Enqueue(opened);
        }

        (session, retryAfter) = (opened, TimeSpan.Zero);
        return true;
    }

    /// <summary>Finds a session that has not expired; null for any other id.</summary>
    public Session? Find(string? id, DateTimeOffset now)
    {
        if (id is not { Length: 32 })
        {
            return null;
        }

        lock (_lock)
        {
            return _byHash.TryGetValue(HashOf(id), out var session) && now < session.Expires ? session : null;
        }
    }

    /// <summary>Forgets a session before its time.</summary>
    public void Close(Session session)
    {
        lock (_lock)
        {
            _byHash.Remove(session.Hash);                                  // its place in the queue goes when its time is over
        }
    }

    /// <summary>What records show in place of an id.</summary>
    public static string HashOf(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..HashLength];

    private void RemoveExpired(DateTimeOffset now)
    {
        while (_byAge.TryPeek(out var oldest) && oldest.Expires <= now)
        {
            _byAge.Dequeue();
            _byHash.Remove(oldest.Hash);
        }
    }
}
