using System.Collections.Immutable;

namespace Casemate.Images.Closure;

/// <summary>What a closure is made of, and how its programs will be started.</summary>
public sealed record ClosureOptions
{
    /// <summary>The programs, by their paths in the root. The first is the one whose process included libraries are loaded into.</summary>
    public ImmutableArray<string> Programs { get; init; } = [];

    /// <summary>Patterns of further files; a directory stands for everything below it. Libraries among them bring what they need.</summary>
    public ImmutableArray<string> Include { get; init; } = [];

    /// <summary><c>LD_LIBRARY_PATH</c> of the processes; null for none.</summary>
    public string? LibraryPath { get; init; }

    /// <summary><c>PATH</c>, for scripts that start with <c>#!/usr/bin/env NAME</c>.</summary>
    public string CommandPath { get; init; } = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>The working directory, from which relative search paths count.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>
    /// Whether the variants of libraries for newer processors (<c>glibc-hwcaps</c>) are in: all that there are, or none, never those of the
    /// machine that packs.
    /// </summary>
    public bool ProcessorVariants { get; init; }

    /// <summary>Names of libraries and runtime parts that may be missing.</summary>
    public ImmutableArray<string> AllowMissing { get; init; } = [];

    /// <summary>Where quotes are made; matters for programs that host SGX enclaves.</summary>
    public QuoteMode Quotes { get; init; } = QuoteMode.OutOfProcess;

    /// <summary>Name service: <c>nsswitch.conf</c>, <c>hosts</c>, <c>resolv.conf</c>, modules for files and DNS. Detected by <c>getaddrinfo</c> and its kin.</summary>
    public DataSwitch NameService { get; init; }

    /// <summary>Accounts: <c>passwd</c> and <c>group</c>. Detected by <c>getpwnam</c> and its kin.</summary>
    public DataSwitch Accounts { get; init; }

    /// <summary>Certificates of public authorities. Detected by TLS libraries.</summary>
    public DataSwitch Certificates { get; init; }

    /// <summary>Conversion of character sets: gconv. Detected by <c>iconv_open</c>.</summary>
    public DataSwitch CharacterSets { get; init; }

    /// <summary>Locales. Detected by <c>setlocale</c>, and then C.utf8 alone; <see cref="DataSwitch.Include"/> takes all.</summary>
    public DataSwitch Locales { get; init; }

    /// <summary>Time zones. Detected by <c>localtime</c> and its kin, and then <c>/etc/localtime</c> alone; <see cref="DataSwitch.Include"/> takes all.</summary>
    public DataSwitch TimeZones { get; init; }

    /// <summary>Whether files are looked up in the databases of packages.</summary>
    public bool Packages { get; init; } = true;

    /// <summary>The most bytes that one program or library may have.</summary>
    public long MaxObjectBytes { get; init; } = 1L << 30;

    /// <summary>The most files that a closure may have.</summary>
    public int MaxFiles { get; init; } = 50_000;
}
