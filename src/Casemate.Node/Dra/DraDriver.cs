using System.Security.Cryptography;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Health;

namespace Casemate.Node.Dra;

/// <summary>The DRA driver of one node: publishes devices, makes claims ready, tells how devices are.</summary>
internal sealed class DraDriver : IAsyncDisposable
{
    private static readonly TimeSpan RemovePatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RecoverInterval = TimeSpan.FromSeconds(1);

    /// <summary>How often claims are compared with the API server, give or take a fifth: not by all agents at once.</summary>
    public static readonly TimeSpan CompareInterval = TimeSpan.FromMinutes(10);

    /// <summary>How soon again when it could not be asked about each.</summary>
    public static readonly TimeSpan CompareAgain = TimeSpan.FromSeconds(30);

    private readonly DraContext _context;
    private readonly ClaimReporter _reporter;
    private readonly ClaimPreparer _preparer;
    private readonly ResourceSlicePublisher _publisher;
    private readonly DraEndpoint _endpoint;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private volatile bool _hasRecovered;
    private volatile string? _recoverProblem;
    private bool _disposed;

    private DraDriver(DraContext context)
    {
        _context = context;
        _reporter = new ClaimReporter(context);
        _preparer = new ClaimPreparer(context, _reporter);
        _publisher = new ResourceSlicePublisher(context);
        Health = new DraHealthFeed(context);
        _endpoint = new DraEndpoint(context, _preparer, Health);
    }

    /// <summary>The state of the devices.</summary>
    public DraHealthFeed Health { get; }

    /// <summary>The driver at this moment.</summary>
    public DraStatus Status => new(
        _endpoint.Registered, _endpoint.RegistrationError, _publisher.Devices, _publisher.Generation, _publisher.Problem, _preparer.Count);

    /// <summary>What keeps it from being ready, a phrase each; empty when nothing does.</summary>
    public IEnumerable<string> Missing()
    {
        if (!_hasRecovered)
        {
            yield return "what claims hold is not known yet" + (_recoverProblem is { } files ? $": {files}" : "");
        }

        foreach (var phrase in _preparer.Missing())
        {
            yield return phrase;
        }

        if (!_endpoint.Registered)
        {
            yield return _endpoint.RegistrationError is { } error
                ? $"the kubelet did not register the DRA driver: {error}"
                : "the kubelet does not know the DRA driver yet";
        }

        if (_publisher.Problem is { } problem)
        {
            yield return $"the ResourceSlices are not as they should be: {problem}";
        }
    }

    /// <summary>True when the account has what claims were given by an earlier process.</summary>
    public bool HasRecovered => _hasRecovered;

    /// <summary>Starts the driver.</summary>
    /// <param name="context">What its parts share; the catalog may follow later.</param>
    public static DraDriver Start(DraContext context)
    {
        var driver = new DraDriver(context);
        driver._running = Task.Run(() => driver.RunAsync(driver._stopping.Token), CancellationToken.None);
        return driver;
    }

    /// <summary>Adapts what is offered.</summary>
    public void Apply(AdvertisementPlan plan, NodeHardware hardware, HardwareHealth health) =>
        _context.Catalog = DraCatalog.Of(plan, hardware, health);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await _endpoint.DisposeAsync().ConfigureAwait(false);
        if (_context.Settings.RemoveSlicesOnStop)
        {
            using var patience = new CancellationTokenSource(RemovePatience, _context.Time);
            await _publisher.RemoveAsync(patience.Token).ConfigureAwait(false);
        }

        _preparer.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        // What is held comes before anything new is given.
        var upkeep = _context.Upkeep;
        await upkeep.KeepAsync("The recovery of claims", RecoverAsync, stopping).ConfigureAwait(false);
        if (stopping.IsCancellationRequested)
        {
            return;
        }

        _hasRecovered = true;
        _context.Progressed();
        await Task.WhenAll(
            upkeep.KeepAsync("The DRA driver's endpoint", _endpoint.RunAsync, stopping),
            upkeep.KeepAsync("The writer of ResourceSlices", _publisher.RunAsync, stopping),
            upkeep.KeepAsync("The watcher of ResourceSlices", _publisher.WatchAsync, stopping),
            upkeep.KeepAsync("The comparison of claims with the API server", CompareAsync, stopping),
            upkeep.KeepAsync("The writer of what became of claims", _reporter.RunAsync, stopping)).ConfigureAwait(false);
    }

    private async Task RecoverAsync(CancellationToken stopping)
    {
        while (!TryRecover())
        {
            await Task.Delay(RecoverInterval, _context.Time, stopping).ConfigureAwait(false);
        }
    }

    private bool TryRecover()
    {
        try
        {
            _preparer.Recover();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_recoverProblem != e.Message)
            {
                DraLog.NoFiles(_context.Logger, _context.Settings.Home, e.Message);
                _recoverProblem = e.Message;
                _context.Progressed();
            }

            return false;
        }
    }

    private async Task CompareAsync(CancellationToken stopping)
    {
        while (true)
        {
            var all = await _preparer.CompareAsync(stopping).ConfigureAwait(false);
            _context.Progressed();
            await Task.Delay(all ? Spread(CompareInterval) : CompareAgain, _context.Time, stopping).ConfigureAwait(false);
        }
    }

    private static TimeSpan Spread(TimeSpan interval) => interval * (800 + RandomNumberGenerator.GetInt32(401)) / 1000;
}
