using System.Diagnostics.Metrics;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;
using Casemate.Simulator.Dcap;
using Casemate.Testing.Attestation;

namespace Casemate.Collateral.Tests.Service;

public sealed class CollateralServiceTests
{
    [Fact]
    public async Task Asks_Once_ForAllWhoWait()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        Task<CollateralOutcome>[] waiting;
        using (test.Server.Hold())
        {
            waiting = [.. Enumerable.Range(0, 50).Select(_ => service.GetAsync(Provisioned.TcbInfo).AsTask())];
            await test.Server.ArrivedAsync();
        }

        var outcomes = await Task.WhenAll(waiting);

        Assert.All(outcomes, outcome => Assert.Equal(CollateralStatus.Found, outcome.Status));
        Assert.Single(test.Server.Requests);
    }

    [Fact]
    public async Task FinishesARequest_ThatItsFirstCallerGaveUp()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        using var impatience = new CancellationTokenSource();
        Task<CollateralOutcome> patient;
        using (test.Server.Hold())
        {
            var impatient = service.GetAsync(Provisioned.TcbInfo, cancellationToken: impatience.Token).AsTask();
            await test.Server.ArrivedAsync();
            patient = service.GetAsync(Provisioned.TcbInfo).AsTask();
            await impatience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        }

        Assert.Equal(CollateralStatus.Found, (await patient).Status);
        Assert.Single(test.Server.Requests);
    }

    [Fact]
    public async Task RefusesADocument_WhoseSignerIsRevoked_AlsoWhenTheListHasLeftItsMemory()
    {
        await using var test = await Provisioned.StartAsync();
        test.Server.Dcap = Provisioned.Platform.Dcap.With(s => s with { Revoked = [DcapCertificate.TcbSigner] });
        var service = test.Service(Provisioned.OneAttempt with { MaximumEntriesInMemory = 1 });
        Assert.Equal(CollateralStatus.Found, (await service.GetAsync(CollateralKey.RootCaCrl())).Status);
        Assert.Equal(CollateralStatus.Found, (await service.GetAsync(Provisioned.Vcek())).Status);      // takes the list's place

        var outcome = await service.GetAsync(Provisioned.TcbInfo);

        Assert.Equal(CollateralStatus.NotVerifiable, outcome.Status);
        Assert.Contains("revoked", outcome.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_FromTheStore_AfterARestart()
    {
        await using var test = await Provisioned.StartAsync();
        var first = await test.Service().GetAsync(Provisioned.TcbInfo);
        test.Server.Fault = ProvisioningFault.ServerError;

        var second = await test.Service().GetAsync(Provisioned.TcbInfo);

        Assert.Equal(CollateralStatus.Found, second.Status);
        Assert.True(first.Collateral!.Raw.Span.SequenceEqual(second.Collateral!.Raw.Span));
        Assert.Single(test.Server.Requests);
    }

    [Fact]
    public async Task Remembers_ForAWhile_ThatThereIsNothing()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        var unknown = CollateralKey.TcbInfo(Tee.Sgx, "aaaaaaaaaaaa");

        Assert.Equal(CollateralStatus.NotFound, (await service.GetAsync(unknown)).Status);
        Assert.NotNull((await service.GetAsync(unknown)).RetryAfter);
        Assert.Single(test.Server.Requests);

        test.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(CollateralStatus.NotFound, (await service.GetAsync(unknown)).Status);
        Assert.Equal(2, test.Server.Requests.Count);
    }

    [Fact]
    public async Task LeavesAHostAlone_AsLongAsItAsks()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        test.Server.Fault = ProvisioningFault.Throttled;

        var first = await service.GetAsync(Provisioned.TcbInfo);
        var other = await service.GetAsync(CollateralKey.QeIdentity(Tee.Sgx));

        Assert.Equal((CollateralStatus.UpstreamBusy, TimeSpan.FromSeconds(120)), (first.Status, first.RetryAfter));
        Assert.Equal(CollateralStatus.UpstreamBusy, other.Status);
        Assert.False(other.IsAfterFailure);
        Assert.Single(test.Server.Requests);

        test.Server.Fault = ProvisioningFault.None;
        test.Time.Advance(TimeSpan.FromSeconds(121));
        Assert.Equal(CollateralStatus.Found, (await service.GetAsync(CollateralKey.QeIdentity(Tee.Sgx))).Status);
    }

    [Fact]
    public async Task OpensTheCircuit_AfterFailures_AndClosesItWithTheFirstSuccess()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service(Provisioned.OneAttempt with { Limits = new UpstreamLimits { BreakerThreshold = 3 } });
        test.Server.Fault = ProvisioningFault.ServerError;
        for (var i = 0; i < 6; i++)
        {
            await service.GetAsync(Provisioned.TcbInfo, CollateralFetch.Always);
        }

        Assert.Equal(3, test.Server.Requests.Count);
        var leftAlone = await service.GetAsync(Provisioned.TcbInfo, CollateralFetch.Always);
        Assert.Equal(CollateralStatus.UpstreamBusy, leftAlone.Status);
        Assert.True(leftAlone.IsAfterFailure);
        Assert.Contains("answered 503", leftAlone.Problem, StringComparison.Ordinal);
        Assert.Contains("is left alone for", leftAlone.Problem, StringComparison.Ordinal);

        test.Server.Fault = ProvisioningFault.None;
        test.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(CollateralStatus.Found, (await service.GetAsync(Provisioned.TcbInfo, CollateralFetch.Always)).Status);
        Assert.Equal(CollateralStatus.Found, (await service.GetAsync(CollateralKey.RootCaCrl())).Status);
    }

    [Fact]
    public async Task TurnsQuestionsAway_WhenTheBucketIsEmpty()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service(Provisioned.OneAttempt with
        {
            Limits = new UpstreamLimits { Burst = 2, PerSecond = 0.1, MaximumWait = TimeSpan.FromSeconds(1) },
        });
        await service.GetAsync(CollateralKey.QeIdentity(Tee.Sgx));
        await service.GetAsync(CollateralKey.QeIdentity(Tee.Tdx));

        var third = await service.GetAsync(CollateralKey.QveIdentity());

        Assert.Equal(CollateralStatus.UpstreamBusy, third.Status);
        Assert.InRange(third.RetryAfter!.Value.TotalSeconds, 9, 11);
        Assert.Equal(2, test.Server.Requests.Count);

        test.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(CollateralStatus.Found, (await service.GetAsync(CollateralKey.QveIdentity())).Status);
    }

    [Fact]
    public async Task Asks_TheNextUpstream_WhenOneLies()
    {
        await using var honest = await Provisioned.StartAsync();
        await using var lying = await Provisioned.StartAsync();
        lying.Server.Fault = ProvisioningFault.WrongSignature;

        var outcome = await honest.Service(upstreams: [lying.Pccs(), honest.Pccs()]).GetAsync(Provisioned.TcbInfo);

        Assert.Equal(CollateralStatus.Found, outcome.Status);
        Assert.Single(honest.Observer.Refused);
    }

    [Fact]
    public async Task Refuses_ExpiredCollateral_UnlessTheOperatorChoseOtherwise()
    {
        await using var test = await Provisioned.StartAsync();
        var strict = test.Service();
        var lenient = test.Service(Provisioned.OneAttempt with { ServeExpiredFor = TimeSpan.FromDays(10) });
        await strict.GetAsync(Provisioned.TcbInfo);
        await lenient.GetAsync(Provisioned.TcbInfo);
        test.Server.Fault = ProvisioningFault.ServerError;
        test.Time.Advance(TimeSpan.FromDays(31));

        var refused = await strict.GetAsync(Provisioned.TcbInfo);
        var stale = await lenient.GetAsync(Provisioned.TcbInfo);

        Assert.Equal((CollateralStatus.Expired, false), (refused.Status, refused.HasCollateral));
        Assert.Equal((CollateralStatus.Stale, true), (stale.Status, stale.HasCollateral));
        Assert.Contains("ended", stale.Problem, StringComparison.Ordinal);

        test.Time.Advance(TimeSpan.FromDays(10));
        Assert.Equal(CollateralStatus.Expired, (await lenient.GetAsync(Provisioned.TcbInfo)).Status);
    }

    [Fact]
    public async Task Replaces_ExpiredCollateral_WhenTheUpstreamIsBack()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        await service.GetAsync(Provisioned.TcbInfo);
        test.Time.Advance(TimeSpan.FromDays(31));

        var outcome = await service.GetAsync(Provisioned.TcbInfo);

        Assert.Equal(CollateralStatus.Found, outcome.Status);
        Assert.True(outcome.Collateral!.NotAfter > test.Time.GetUtcNow());
    }

    [Fact]
    public async Task Refreshes_WhenHalfOfTheLifeIsOver_AndNotBefore()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service(Provisioned.OneAttempt with { MaximumRefreshInterval = TimeSpan.FromDays(60) });
        var first = (await service.GetAsync(Provisioned.TcbInfo)).Collateral!;

        test.Time.Advance(TimeSpan.FromDays(13));
        Assert.Equal(0, await service.RefreshDueAsync(default));
        test.Time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(1, await service.RefreshDueAsync(default));

        var second = (await service.GetAsync(Provisioned.TcbInfo)).Collateral!;
        Assert.True(second.NotAfter > first.NotAfter);
        Assert.Equal(0, await service.RefreshDueAsync(default));
    }

    [Fact]
    public async Task TakesUp_WhatAnotherReplicaRefreshed()
    {
        await using var test = await Provisioned.StartAsync();
        var (one, two) = (test.Service(), test.Service());
        await one.GetAsync(Provisioned.TcbInfo);
        await two.GetAsync(Provisioned.TcbInfo);
        test.Time.Advance(TimeSpan.FromDays(20));
        await one.RefreshDueAsync(default);
        var requests = test.Server.Requests.Count;

        await two.RefreshDueAsync(default);

        Assert.Equal(requests, test.Server.Requests.Count);
        Assert.Equal(
            (await one.GetAsync(Provisioned.TcbInfo)).Collateral!.NotAfter, (await two.GetAsync(Provisioned.TcbInfo)).Collateral!.NotAfter);
    }

    [Fact]
    public async Task Waits_BeforeItTriesAFailedRefreshAgain()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        var good = (await service.GetAsync(Provisioned.TcbInfo)).Collateral;
        test.Server.Fault = ProvisioningFault.ServerError;
        test.Time.Advance(TimeSpan.FromDays(20));

        Assert.Equal(1, await service.RefreshDueAsync(default));
        Assert.Equal(0, await service.RefreshDueAsync(default));
        Assert.Same(good, (await service.GetAsync(Provisioned.TcbInfo)).Collateral);

        test.Server.Fault = ProvisioningFault.None;
        test.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, await service.RefreshDueAsync(default));
    }

    [Fact]
    public async Task NeverAsksAgain_ForAVcek()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        await service.GetAsync(Provisioned.Vcek());
        test.Server.Fault = ProvisioningFault.ServerError;
        test.Time.Advance(TimeSpan.FromDays(365 * 30));

        Assert.Equal(CollateralStatus.Found, (await service.GetAsync(Provisioned.Vcek())).Status);
        await service.RefreshAllAsync(key => key.Kind is CollateralKind.Vcek, default);
        Assert.Equal(1, test.Server.Requests.Count(request => request.Contains("blSPL", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Keeps_EarlyAndStandard_SideBySide()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();

        var standard = await service.GetAsync(Provisioned.TcbInfo);
        var early = await service.GetAsync(CollateralKey.TcbInfo(Tee.Sgx, Provisioned.Fmspc, TcbUpdate.Early));
        var pinned = await service.GetAsync(CollateralKey.TcbInfo(Tee.Sgx, Provisioned.Fmspc, TcbUpdate.Evaluation(20)));
        var retired = await service.GetAsync(CollateralKey.TcbInfo(Tee.Sgx, Provisioned.Fmspc, TcbUpdate.Evaluation(3)));

        Assert.False(standard.Collateral!.Raw.Span.SequenceEqual(early.Collateral!.Raw.Span));
        Assert.Equal(CollateralStatus.Found, pinned.Status);
        Assert.Equal(CollateralStatus.NotFound, retired.Status);
        Assert.Equal(3, (await test.Store.ListAsync(default)).Count);
    }

    [Fact]
    public async Task Answers_AlsoWhenTheDiskIsFull()
    {
        await using var test = await Provisioned.StartAsync();
        var full = new DirectoryCollateralStore(test.StorePath, 10, (_, _, _) => throw new IOException("No space left on device"));
        var service = test.Service(store: full);

        var outcome = await service.GetAsync(Provisioned.TcbInfo);

        Assert.Equal(CollateralStatus.Found, outcome.Status);
        Assert.Contains("No space left on device", outcome.Problem, StringComparison.Ordinal);
        Assert.Single(test.Observer.StoreProblems);
        Assert.Equal(CollateralStatus.Found, (await service.GetAsync(Provisioned.TcbInfo)).Status);
        Assert.Single(test.Server.Requests);
    }

    [Fact]
    public async Task FetchesAgain_WhatIsDamagedInTheStore()
    {
        await using var test = await Provisioned.StartAsync();
        await test.Service().GetAsync(Provisioned.TcbInfo);
        foreach (var path in Directory.GetFiles(Path.Combine(test.StorePath, "tcb-info")))
        {
            await File.WriteAllTextAsync(path, "x", TestContext.Current.CancellationToken);
        }

        var outcome = await test.Service().GetAsync(Provisioned.TcbInfo);

        Assert.Equal(CollateralStatus.Found, outcome.Status);
        Assert.NotEmpty(test.Observer.Damages);
        Assert.Equal(2, test.Server.Requests.Count);
        Assert.NotNull((await test.Store.ReadAsync(Provisioned.TcbInfo, default)).Collateral);
    }

    [Fact]
    public async Task DoesNotServe_WhatSomebodyPutIntoTheStore()
    {
        await using var test = await Provisioned.StartAsync();
        var forged = SimulatedHardware.Other.Platform.Dcap.Provisioning.TcbInfo(Tee.Sgx, SimulatedHardware.Noon);
        await test.Store.WriteAsync(
            new StoredCollateral(
                Provisioned.TcbInfo, forged.Body, System.Text.Encoding.ASCII.GetBytes(forged.IssuerChainPem), SimulatedHardware.Noon, "forged", null,
                SimulatedHardware.Noon.AddYears(10)),
            default);

        var outcome = await test.Service(upstreams: []).GetAsync(Provisioned.TcbInfo);

        Assert.Equal(CollateralStatus.NotFound, outcome.Status);
        Assert.Contains("the root '", Assert.Single(test.Observer.OtherRoots), StringComparison.Ordinal);
        Assert.Empty(test.Observer.Damages);
    }

    [Fact]
    public async Task Keeps_TheNewerDocument_WhenAnOldOneIsReplayed()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        var old = Provisioned.Platform.Dcap.Provisioning.TcbInfo(Tee.Sgx, SimulatedHardware.Noon.AddDays(-5));
        var current = (await service.GetAsync(Provisioned.TcbInfo)).Collateral!;

        var outcome = await service.ImportAsync(
            current with { Raw = old.Body, Fetched = SimulatedHardware.Noon.AddMinutes(1), Source = "replay" });

        Assert.Same(current, outcome.Collateral);
        Assert.Contains("older", outcome.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_TheNewerGeneration_WhenAnOldOneIsSignedAnew()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        var provisioning = Provisioned.Platform.Dcap.Provisioning;
        var standard = (await service.GetAsync(Provisioned.TcbInfo)).Collateral!;
        var newer = provisioning.TcbInfo(Tee.Sgx, SimulatedHardware.Noon, early: true);
        var current = (await service.ImportAsync(standard with { Raw = newer.Body })).Collateral!;
        test.Time.Advance(TimeSpan.FromDays(20));

        var outcome = await service.GetAsync(Provisioned.TcbInfo, CollateralFetch.Always);

        Assert.True(current.Raw.Span.SequenceEqual(newer.Body));
        Assert.Same(current, outcome.Collateral);
        Assert.Contains("older", outcome.Problem, StringComparison.Ordinal);
        Assert.True((await test.Store.ReadAsync(Provisioned.TcbInfo, default)).Collateral!.Raw.Span.SequenceEqual(newer.Body));
    }

    [Fact]
    public async Task Refreshes_WhatTheStoreSaysWasFetchedInTheFuture()
    {
        await using var test = await Provisioned.StartAsync();
        var good = (await test.Service().GetAsync(Provisioned.TcbInfo)).Collateral!;
        await test.Store.WriteAsync(good with { Fetched = SimulatedHardware.Noon.AddYears(100) }, default);
        var service = test.Service();
        await service.LoadAsync(default);
        test.Time.Advance(TimeSpan.FromDays(20));

        Assert.Equal(1, await service.RefreshDueAsync(default));

        var stored = (await test.Store.ReadAsync(Provisioned.TcbInfo, default)).Collateral!;
        Assert.Equal(test.Time.GetUtcNow(), stored.Fetched);
        Assert.True(stored.NotAfter > good.NotAfter);
    }

    [Fact]
    public async Task Imports_NothingOlder_ThanWhatAnotherReplicaStored()
    {
        await using var test = await Provisioned.StartAsync();
        var current = (await test.Service().GetAsync(Provisioned.TcbInfo)).Collateral!;
        var old = Provisioned.Platform.Dcap.Provisioning.TcbInfo(Tee.Sgx, SimulatedHardware.Noon.AddDays(-5));

        var outcome = await test.Service().ImportAsync(
            current with { Raw = old.Body, Fetched = SimulatedHardware.Noon.AddMinutes(1), Source = "an old bundle" });

        Assert.Contains("older", outcome.Problem, StringComparison.Ordinal);
        Assert.True((await test.Store.ReadAsync(Provisioned.TcbInfo, default)).Collateral!.Raw.Span.SequenceEqual(current.Raw.Span));
    }

    [Fact]
    public async Task Imports_OnlyWhatVerifies()
    {
        await using var test = await Provisioned.StartAsync();
        await using var other = await Provisioned.StartAsync();
        var good = (await other.Service().GetAsync(Provisioned.TcbInfo)).Collateral!;
        var service = test.Service(upstreams: []);
        var tampered = good.Raw.ToArray();
        tampered[100] ^= 1;

        Assert.Equal(CollateralStatus.NotVerifiable, (await service.ImportAsync(good with { Raw = tampered })).Status);
        Assert.Empty(await test.Store.ListAsync(default));
        Assert.Equal(CollateralStatus.Found, (await service.ImportAsync(good)).Status);
        Assert.Equal(CollateralStatus.Found, (await service.GetAsync(Provisioned.TcbInfo)).Status);
    }

    [Fact]
    public async Task DoesNotAsk_WhenAskingIsNotWanted()
    {
        await using var test = await Provisioned.StartAsync();

        var outcome = await test.Service().GetAsync(Provisioned.TcbInfo, CollateralFetch.Never);

        Assert.Equal(CollateralStatus.NotFound, outcome.Status);
        Assert.Empty(test.Server.Requests);
    }

    [Fact]
    public async Task Runs_UntilItIsCancelled_AndRefreshesOnTheWay()
    {
        await using var test = await Provisioned.StartAsync();
        await test.Service().GetAsync(Provisioned.TcbInfo);
        await test.Server.ArrivedAsync();
        var week = TimeSpan.FromDays(7);
        var service = test.Service(Provisioned.OneAttempt with { RefreshTick = week });
        using var stop = new CancellationTokenSource();
        var running = service.RunAsync(stop.Token);
        await test.Time.UntilDueAsync(week);
        Assert.True(service.HasCollateral);

        // One tick, and then the clock stands still: a request must not see days go by.
        test.Time.Advance(week);
        await test.Server.ArrivedAsync();
        await stop.CancelAsync();
        await running;

        Assert.Equal(2, test.Server.Requests.Count);
    }

    [Fact]
    public async Task Measures_TheDaysThatAreLeft_ByTypeAndFamily()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        var seen = new List<(string Instrument, double Value, string Type, string Fmspc)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter == service.Metrics.Meter)
            {
                listening.EnableMeasurementEvents(instrument);
            }
        }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            var labels = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value?.ToString() ?? "");
            seen.Add((instrument.Name, value, labels.GetValueOrDefault("type", ""), labels.GetValueOrDefault("fmspc", "")));
        });
        listener.Start();
        await service.GetAsync(Provisioned.TcbInfo);
        await service.GetAsync(Provisioned.Vcek());

        listener.RecordObservableInstruments();

        Assert.Contains(("casemate_collateral_days_to_expiry", 29.5, "tcb-info", Provisioned.Fmspc), seen);
        Assert.DoesNotContain(seen, measurement => measurement.Type == "vcek");
    }

    [Fact]
    public async Task NeverStores_WhateverBytesAnUpstreamAnswers()
    {
        await using var test = await Provisioned.StartAsync();
        var good = (await test.Service().GetAsync(Provisioned.TcbInfo)).Collateral!;
        var random = new Random(4711);
        var keys = new[]
        {
            Provisioned.TcbInfo, CollateralKey.QeIdentity(Tee.Sgx), CollateralKey.RootCaCrl(), CollateralKey.PckCrl(true), Provisioned.Vcek(),
            CollateralKey.SnpCrl(SnpProduct.Milan), CollateralKey.SnpChain(SnpProduct.Milan, SnpSigner.Vcek), CollateralKey.PckCertificates("00", "0000"),
        };
        var stub = new StubUpstream();
        await using var service = new CollateralService(
            Provisioned.OneAttempt with { Limits = new UpstreamLimits { Burst = int.MaxValue } }, test.Store, [stub],
            Provisioned.Platform.Allow(TrustRoots.Production), test.Time);
        for (var i = 0; i < 3000; i++)
        {
            // Noise, the genuine document under other names, and the genuine document with one bit or one piece changed.
            var raw = good.Raw.ToArray();
            var chain = good.IssuerChainPem.ToArray();
            var key = keys[random.Next(keys.Length)];
            switch (random.Next(4))
            {
                case 0:
                    raw = new byte[random.Next(300)];
                    random.NextBytes(raw);
                    break;
                case 1:
                    raw[random.Next(raw.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    chain = chain[..random.Next(chain.Length - 2)];
                    break;
                default:
                    key = keys[random.Next(1, keys.Length)];
                    break;
            }

            stub.Answer = new StoredCollateral(key, raw, chain, test.Time.GetUtcNow(), "stub", null, DateTimeOffset.MaxValue);
            var outcome = await service.GetAsync(key, CollateralFetch.Always);

            // White space behind the object, or a hex digit of the signature in the other case, change nothing that is signed.
            Assert.True(outcome.Collateral is null || CollateralVerifier.Verify(
                outcome.Collateral, Provisioned.Platform.Allow(TrustRoots.None), test.Time.GetUtcNow()).Collateral is not null);
        }

        foreach (var key in await test.Store.ListAsync(default))
        {
            Assert.Equal(Provisioned.TcbInfo, key);
            var stored = (await test.Store.ReadAsync(key, default)).Collateral!;
            Assert.NotNull(
                CollateralVerifier.Verify(stored, Provisioned.Platform.Allow(TrustRoots.None), test.Time.GetUtcNow()).Collateral);
        }
    }

    private sealed class StubUpstream : ICollateralUpstream
    {
        public StoredCollateral? Answer { get; set; }

        public string Name => "stub";

        public string Host => "stub";

        public bool Offers(CollateralKey key) => true;

        public ValueTask<UpstreamAnswer> FetchAsync(CollateralRequest request, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new UpstreamAnswer(UpstreamStatus.Found, Answer! with { Key = request.Key }));

        public void Dispose()
        {
        }
    }
}
