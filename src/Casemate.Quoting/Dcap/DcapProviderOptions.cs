using System.Collections.Immutable;

namespace Casemate.Quoting.Dcap;

/// <summary>How Intel's quoting library is run.</summary>
public sealed record DcapProviderOptions
{
    /// <summary>The program that is started as the worker; null: this program, found by itself.</summary>
    public string? Program { get; init; }

    /// <summary>Its arguments before <see cref="DcapWorker.Argument"/>. Counts only with <see cref="Program"/>. Default: none.</summary>
    public ImmutableArray<string> ProgramArguments { get; init; } = [];

    /// <summary>Where Intel's libraries are; null: where the system's loader looks.</summary>
    public string? LibraryDirectory { get; init; }

    /// <summary>
    /// Environment of the worker besides this process's own, such as <c>AZDCAP_CACHE</c>. <c>SGX_AESM_ADDR</c> never gets there.
    /// Default: nothing.
    /// </summary>
    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>How long a call may take before the worker counts as hanging and is killed. Default: 60 seconds.</summary>
    public TimeSpan CallLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long the second failure in a row keeps the worker from being started again; it doubles with each further one. The first
    /// has no wait, so a single crash costs a single request. Default: 1 second.
    /// </summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest such wait. Default: 60 seconds.</summary>
    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The clock of both. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Who is told about the worker. Default: nobody.</summary>
    public IDcapWorkerEvents Events { get; init; } = NoWorkerEvents.Instance;
}
