using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Casemate.Testing;

/// <summary>A child process that a test talks to while it runs. Killed with its children when the test lets go of it.</summary>
public sealed partial class RunningProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Process _process;
    private readonly StreamLines _output;
    private readonly StreamLines _error;

    private RunningProgram(Process process)
    {
        _process = process;
        _output = new StreamLines(process.StandardOutput);
        _error = new StreamLines(process.StandardError);
    }

    /// <summary>Signal numbers of Linux.</summary>
    public enum Signal
    {
        /// <summary>SIGHUP.</summary>
        Hangup = 1,

        /// <summary>SIGINT.</summary>
        Interrupt = 2,

        /// <summary>SIGKILL.</summary>
        Kill = 9,

        /// <summary>SIGUSR1.</summary>
        User1 = 10,

        /// <summary>SIGTERM.</summary>
        Terminate = 15,
    }

    /// <summary>The process number.</summary>
    public int Id => _process.Id;

    /// <summary>Everything written to standard output so far.</summary>
    public string Output => _output.Text;

    /// <summary>Everything written to standard error so far.</summary>
    public string Error => _error.Text;

    /// <summary>Starts <see cref="ChildProgram.Casemate"/>.</summary>
    public static RunningProgram StartCasemate(IReadOnlyDictionary<string, string?>? environment, params string[] arguments) =>
        Start(ChildProgram.Casemate.Program, [.. ChildProgram.Casemate.Arguments, .. arguments], environment);

    /// <summary>Starts a program in the root of the checkout, with nothing on its standard input.</summary>
    public static RunningProgram Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = RepositoryPaths.Root,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new RunningProgram(process);
    }

    /// <summary>Waits for a line of standard output that contains a text, and returns it.</summary>
    public Task<string> OutputLineAsync(string text) => LineAsync(_output, text);

    /// <summary>Waits for a line of standard error that contains a text, and returns it.</summary>
    public Task<string> ErrorLineAsync(string text) => LineAsync(_error, text);

    /// <summary>Sends a signal to this process alone.</summary>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    public void Send(Signal signal)
    {
        if (!TrySend(signal))
        {
            throw new InvalidOperationException($"kill {Id}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Sends a signal to this process alone; false when it has ended.</summary>
    public bool TrySend(Signal signal) => Kill(Id, (int)signal) == 0;


    /// <summary>Waits for the end and for everything that was written.</summary>
    public async Task<ChildProgram> EndAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            await Task.WhenAll(_output.End, _error.End).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The program did not end. Output so far:\n{Output}\nError so far:\n{Error}");
        }

        return new ChildProgram(_process.ExitCode, Output, Error);
    }

    /// <summary>Kills it if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task<string> LineAsync(StreamLines lines, string text)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            return await lines.FindAsync(text, limit.Token)
                ?? throw new InvalidOperationException(
                    $"The program ended without a line with '{text}'.\nOutput:\n{Output}\nError:\n{Error}");
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"No line with '{text}' came.\nOutput:\n{Output}\nError:\n{Error}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    /// <summary>The lines of one stream as they come.</summary>
    private sealed class StreamLines
    {
        private readonly List<string> _lines = [];
        private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _ended;

        public StreamLines(StreamReader reader) => End = Task.Run(() => ReadAsync(reader));

        public Task End { get; }

        public string Text
        {
            get
            {
                lock (_lines)
                {
                    return string.Concat(_lines.Select(line => line + "\n"));
                }
            }
        }

        public async Task<string?> FindAsync(string text, CancellationToken cancellationToken)
        {
            while (true)
            {
                Task more;
                lock (_lines)
                {
                    if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                    {
                        return found;
                    }

                    if (_ended)
                    {
                        return null;
                    }

                    more = _more.Task;
                }

                await more.WaitAsync(cancellationToken);
            }
        }

        private async Task ReadAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                Add(line);
            }

            Add(null);
        }

        private void Add(string? line)
        {
            lock (_lines)
            {
                if (line is null)
                {
                    _ended = true;
                }
                else
                {
                    _lines.Add(line);
                }

                _more.SetResult();
                _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
