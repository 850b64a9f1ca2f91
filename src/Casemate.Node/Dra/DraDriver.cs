using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Health;

namespace Casemate.Node.Dra;

/// <summary>The DRA driver of one node: publishes devices, makes claims ready, tells how devices are.</summary>
internal sealed class DraDriver : IAsyncDisposable
{
    private static readonly TimeSpan RemovePatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CompareInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RecoverInterval = TimeSpan.FromSeconds(1);

    private readonly DraContext _context;
    private readonly ClaimReporter _reporter;
    private readonly ClaimPreparer _preparer;
    private readonly ResourceSlicePublisher _publisher;
    private readonly DraEndpoint _endpoint;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private volatile bool _hasRecovered;
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
        try
        {
            // What is held comes before anything new is given.
            while (!TryRecover())
            {
                await Task.Delay(RecoverInterval, _context.Time, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }

        _hasRecovered = true;
        await Task.WhenAll(
            _endpoint.RunAsync(stopping), _publisher.RunAsync(stopping), CompareAsync(stopping), _reporter.RunAsync(stopping))
            .ConfigureAwait(false);
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
            DraLog.NoFiles(_context.Logger, _context.Settings.Home, e.Message);
            return false;
        }
    }

    private async Task CompareAsync(CancellationToken stopping)
    {
        try
        {
            while (!await _preparer.CompareAsync(stopping).ConfigureAwait(false))
            {
                await Task.Delay(CompareInterval, _context.Time, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }
}
