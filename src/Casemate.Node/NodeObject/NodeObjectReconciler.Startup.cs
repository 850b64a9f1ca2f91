using System.Globalization;

namespace Casemate.Node.NodeObject;

public sealed partial class NodeObjectReconciler
{
    /// <summary>False: the startup taint is somebody else's to remove.</summary>
    private bool LooksAfterTaint => _attestation is not null || _settings.OpenUnattestedWhenReady;

    private bool IsAttested(NodeView view) =>
        _memory.AttestedAt is not null && _memory.AttestedBoot == view.BootId && _memory.LastResult is { Succeeded: true };

    /// <summary>Begins, awaits or judges an attestation; null when nobody attests here.</summary>
    private async Task<NodeCondition?> JudgeAttestedAsync(NodeView view, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_attestation is null)
        {
            return null;
        }

        if (view.IsClosed && !_memory.WasClosed)
        {
            // The taint came back: somebody renewed or doubts the node. What was attested before, or is under way, does not answer that.
            (_memory.OpenedAt, _memory.AttestedAt, _memory.AttestingBoot, _memory.NextAttestation) = (null, null, null, now);
        }

        _memory.WasClosed = view.IsClosed;

        var isDue = !IsAttested(view) || now - _memory.AttestedAt >= _settings.AttestAgainAfter;
        if (_memory.Attesting is null && isDue && _memory.NotReady is null)
        {
            if (now >= _memory.NextAttestation)
            {
                _memory.AttestingBoot = view.BootId;
                _memory.Attesting = AttestAsync(view, cancellationToken);
            }
            else
            {
                _memory.DueAt(_memory.NextAttestation);
            }
        }

        if (_memory.Attesting is { IsCompleted: true } ended)
        {
            await TakeResultAsync(view, await ended.ConfigureAwait(false), now, cancellationToken).ConfigureAwait(false);
        }

        if (IsAttested(view))
        {
            _memory.DueAt(_memory.AttestedAt!.Value + _settings.AttestAgainAfter);
            return new NodeCondition(NodeMarks.Attested, true, _memory.LastResult!.Reason, _memory.LastResult.Message);
        }

        return _memory.LastResult is { Succeeded: false } failure
            ? new NodeCondition(NodeMarks.Attested, false, failure.Reason, failure.Message)
            : new NodeCondition(
                NodeMarks.Attested, null, "Waiting",
                _memory.NotReady is { } problem ? $"The attestation waits: {problem}" : "The attestation is under way.");
    }

    private async Task<NodeAttestationResult> AttestAsync(NodeView view, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_settings.AttestationTimeout, _client.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await _attestation!.AttestAsync(view.Object, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new NodeAttestationResult(false, "TimedOut", "The attestation did not end in time.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // It stands in the Node for everybody to read: no more than what went wrong.
            var message = exception.Message.Length <= 300 ? exception.Message : exception.Message[..300];
            return new NodeAttestationResult(false, "AttestationFailed", $"The attestation failed: {message}");
        }
        finally
        {
            _wake.Writer.TryWrite(true);
        }
    }

    private async Task TakeResultAsync(NodeView view, NodeAttestationResult result, DateTimeOffset now, CancellationToken cancellationToken)
    {
        _memory.Attesting = null;
        if (_memory.AttestingBoot is null)
        {
            _memory.DueAt(now);                                            // of before the taint came back: once more
            return;
        }

        _memory.LastResult = result;
        if (result.Succeeded)
        {
            (_memory.AttestedAt, _memory.AttestedBoot, _memory.Failures) = (now, _memory.AttestingBoot, 0);
            NodeObjectLog.Attested(_logger, _settings.NodeName, result.Reason);
            await TellAsync(
                view, NodeEventReason.NodeAttested, "Attest", result.Message, isWarning: false, cancellationToken).ConfigureAwait(false);
            return;
        }

        _memory.AttestedAt = null;
        var wait = Math.Min(
            _settings.FirstAttestationWait.TotalSeconds * Math.Pow(2, Math.Min(_memory.Failures, 20)),
            _settings.LongestAttestationWait.TotalSeconds);
        _memory.Failures++;
        _memory.NextAttestation = now + TimeSpan.FromSeconds(wait);
        _memory.DueAt(_memory.NextAttestation);
        NodeObjectLog.NotAttested(_logger, _settings.NodeName, result.Reason, result.Message);
        await TellAsync(
            view, NodeEventReason.NodeAttestationFailed, "Attest", $"{result.Reason}: {result.Message}", isWarning: true, cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task WatchDeadlineAsync(NodeView view, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!view.IsClosed || !LooksAfterTaint)
        {
            (_memory.ClosedSince, _memory.Stuck) = (null, false);
            return;
        }

        var since = _memory.ClosedSince ??= now;
        if (now - since < _settings.StartupDeadline)
        {
            _memory.DueAt(since + _settings.StartupDeadline);
            return;
        }

        if (!_memory.Stuck)
        {
            _memory.Stuck = true;
            var then = _settings.DeadlineAction switch
            {
                StartupDeadlineAction.Keep => "It stays closed to pods",
                StartupDeadlineAction.AdmitUnattested => "It is opened to pods unattested, as the setting says",
                _ => throw new InvalidOperationException($"Action {_settings.DeadlineAction} has no words."),
            };
            var minutes = _settings.StartupDeadline.TotalMinutes.ToString("0.#", CultureInfo.InvariantCulture);
            var why = _memory.NotReady ?? _memory.LastResult?.Message ?? "the attestation is still under way.";
            await TellAsync(
                view, NodeEventReason.NodeStuck, "Attest",
                $"The node was not opened to pods within {minutes} minutes: {why} {then}. "
                    + "The cluster autoscaler stops acting when many nodes stay like this.",
                isWarning: true, cancellationToken).ConfigureAwait(false);
        }
    }

    // After the label and the condition were written, or by the operator's own word.
    private bool MayOpen(NodeView view, DateTimeOffset now)
    {
        if (!LooksAfterTaint)
        {
            return false;
        }

        if (_attestation is null && _memory.NotReady is null)
        {
            return true;
        }

        if (IsAttested(view))
        {
            return _memory.NotReady is null && view.Object.Labels.GetValueOrDefault(NodeMarks.AttestedLabel) == "true"
                && view.Condition(NodeMarks.Attested) is { } condition && NodeView.Text(condition, "status") == "True";
        }

        return _settings.DeadlineAction is StartupDeadlineAction.AdmitUnattested
            && _memory.ClosedSince is { } since && now - since >= _settings.StartupDeadline;
    }

    private void Opened(NodeView view, DateTimeOffset now)
    {
        (_memory.OpenedAt, _memory.WasClosed) = (now, false);
        if (IsAttested(view))
        {
            NodeObjectLog.Opened(_logger, _settings.NodeName);
        }
        else
        {
            NodeObjectLog.OpenedUnattested(_logger, _settings.NodeName);
        }
    }
}
