using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Casemate.Quoting.Dcap;

/// <summary>One running worker. Whatever goes wrong with it ends it: there is no second use of a worker that failed.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private const int MaximumLine = 1000;

    private readonly Process _process;
    private readonly DcapProviderOptions _options;
    private readonly Task _lines;

    private WorkerProcess(Process process, DcapProviderOptions options)
    {
        (_process, _options, Id) = (process, options, process.Id);
        _lines = ReadLinesAsync();
    }

    /// <summary>Its process id.</summary>
    public int Id { get; }

    /// <summary>Starts a worker.</summary>
    /// <exception cref="WorkerFailedException">The program cannot be started.</exception>
    public static WorkerProcess Start(DcapProviderOptions options)
    {
        var start = WorkerCommand.For(options);
        try
        {
            return new WorkerProcess(Process.Start(start)!, options);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException)
        {
            throw new WorkerFailedException(
                AesmError.ServiceUnavailable, $"the worker {start.FileName} cannot be started: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>Sends a request and waits for its answer, at most as long as a call may take.</summary>
    /// <exception cref="WorkerFailedException">The worker ended, hangs or answered garbage. It has to be disposed.</exception>
    public async Task<DcapWorkerFrame> ExchangeAsync(byte[] request)
    {
        using var limit = new CancellationTokenSource(_options.CallLimit, _options.Time);
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(request, limit.Token).ConfigureAwait(false);
            await _process.StandardInput.BaseStream.FlushAsync(limit.Token).ConfigureAwait(false);
            return await DcapWorkerFrame.ReadAsync(_process.StandardOutput.BaseStream, limit.Token).ConfigureAwait(false)
                ?? throw new WorkerFailedException(AesmError.EnclaveLost, await EndAsync().ConfigureAwait(false));
        }
        catch (OperationCanceledException e)
        {
            throw new WorkerFailedException(
                AesmError.BackendBusy, $"the quoting library did not return within {_options.CallLimit.TotalSeconds:0} seconds", e);
        }
        catch (InvalidDataException e)
        {
            throw new WorkerFailedException(AesmError.Unexpected, $"the worker {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new WorkerFailedException(AesmError.EnclaveLost, await EndAsync().ConfigureAwait(false), e);
        }
    }

    /// <summary>Ends it for good, by force if need be.</summary>
    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync().ConfigureAwait(false);
        try
        {
            await _lines.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A process that the library started holds the other end. What it writes is nobody's concern any more.
        }

        _process.Dispose();
    }

    /// <summary>Ends it by force. A call under way fails.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended already, which is what was wanted.
        }
    }

    private async Task<string> EndAsync()
    {
        // Its output is closed: it is ending, or it is beyond help.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), _options.Time);
        try
        {
            await _process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return "the worker closed its output";
        }

        return _process.ExitCode > 128
            ? $"the quoting library crashed: the worker ended by signal {_process.ExitCode - 128}"
            : $"the worker ended by itself with code {_process.ExitCode}";
    }

    private async Task ReadLinesAsync()
    {
        var buffer = new char[MaximumLine];
        var line = new StringBuilder();
        try
        {
            int count;
            while ((count = await _process.StandardError.ReadAsync(buffer.AsMemory()).ConfigureAwait(false)) > 0)
            {
                foreach (var character in buffer.AsSpan(0, count))
                {
                    if (character == '\n')
                    {
                        Report(line);
                    }
                    else if (line.Length < MaximumLine)
                    {
                        line.Append(char.IsControl(character) ? ' ' : character);
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The worker is gone; what it had said before is reported below.
        }

        Report(line);
    }

    private void Report(StringBuilder line)
    {
        if (line.Length > 0)
        {
            _options.Events.Wrote(Id, line.ToString());
            line.Clear();
        }
    }
}
