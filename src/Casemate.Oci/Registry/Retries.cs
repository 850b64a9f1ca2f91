using System.Security.Cryptography;

namespace Casemate.Oci.Registry;

/// <summary>Counts attempts and waits between them: longer each time, and by chance a little less, so that many clients spread.</summary>
internal sealed class Retries(RegistryOptions options)
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    private int _attempts = 1;

    /// <summary>How many attempts there were since the last progress.</summary>
    public int Attempts => _attempts;

    /// <summary>There was progress: the count starts again.</summary>
    public void Reset() => _attempts = 1;

    /// <summary>Waits before the next attempt; false, at once, when there shall be none.</summary>
    /// <param name="asked">How long the registry asks to wait; null: it does not say.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<bool> AgainAsync(TimeSpan? asked, CancellationToken cancel)
    {
        if (_attempts >= options.MaxAttempts || asked > options.MaxRetryAfter)
        {
            return false;
        }

        var wait = TimeSpan.FromTicks(Math.Min(s_longest.Ticks, options.RetryDelay.Ticks << Math.Min(_attempts - 1, 10)));
        wait -= wait * (RandomNumberGenerator.GetInt32(0, 1_000) / 2_000.0);
        _attempts++;
        wait = asked > wait ? asked.Value : wait;
        await (options.Pause?.Invoke(wait, cancel) ?? Task.Delay(wait, options.Time, cancel)).ConfigureAwait(false);
        return true;
    }

    /// <summary>How long an answer asks to wait; null where it does not say.</summary>
    public static TimeSpan? Asked(HttpResponseMessage response, TimeProvider time)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date is { } date ? date - time.GetUtcNow() : null);
        return wait is { } value ? value < TimeSpan.Zero ? TimeSpan.Zero : value : null;
    }
}
