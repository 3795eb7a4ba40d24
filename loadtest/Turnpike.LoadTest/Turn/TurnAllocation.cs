using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.LoadTest.Turn;

internal enum AllocationStage { Idle, Allocating, Allocated, BindingChannel, Ready, Deleting, Deleted, Failed }

/// <summary>
/// The client's side of one allocation with one peer, without I/O: 401 and authenticated Allocate, ChannelBind or CreatePermission,
/// the refreshes that keep both alive, and deletion. Messages and the time come in, requests to send come out.
/// </summary>
/// <param name="credential">Who allocates.</param>
/// <param name="peer">The peer; with port 0 only its family is known yet, and <see cref="Bind"/> names it.</param>
/// <param name="channel">The channel's number.</param>
internal sealed class TurnAllocation(TurnCredential credential, TransportAddress peer, ushort channel)
{
    public const string NoAnswer = "no answer";
    public const string NoSocket = "the generator has no socket left";

    private const int MaximumStaleNonces = 3;
    private const byte Udp = 17;

    private readonly TurnTransaction _transaction = new();
    private readonly byte[] _key = new byte[LongTermKey.Md5Length];
    private TransportAddress _peer = peer;
    private byte[] _realm = [];
    private byte[] _nonce = [];
    private StunMethod _method;
    private bool _hasKey;
    private bool _mayExist;
    private int _staleNonces;
    private int _unverified;
    private long _refreshAt;
    private long _rebindAt;

    public AllocationStage Stage { get; private set; } = AllocationStage.Idle;

    public ushort Channel { get; } = channel;

    /// <summary>Whether the peer gets a channel, or a permission alone.</summary>
    public Framing Framing { get; init; }

    /// <summary>Over a stream: nothing is sent again.</summary>
    public bool IsReliable { get => _transaction.IsReliable; init => _transaction.IsReliable = value; }

    public TransportAddress Peer => _peer;

    public TurnCredential Credential { get; } = credential;

    /// <summary>Nanoseconds from one refresh to the next; two thirds of the granted lifetime when null.</summary>
    public long? RefreshAfter { get; init; }

    /// <summary>
    /// Nanoseconds from one ChannelBind or CreatePermission to the next: both renew the permission, which lasts 300 s (RFC 8656 section 9).
    /// </summary>
    public long RebindAfter { get; init; } = 200_000_000_000;

    /// <summary>Refreshes that succeeded.</summary>
    public int Refreshed { get; private set; }

    public TransportAddress Relayed { get; private set; }

    /// <summary>Why <see cref="Stage"/> is Failed.</summary>
    public string? Failure { get; private set; }

    /// <summary>The same, in the words that many failures share: the error's code and reason, or "no answer".</summary>
    public string? FailureKind { get; private set; }

    /// <summary>
    /// Failed because the server still holds something at this 5-tuple, from an earlier user of the port: another client
    /// transport address succeeds (RFC 8656 section 7.4).
    /// </summary>
    public bool IsTaken { get; private set; }

    /// <summary>Failed because the server sends the client to another one (RFC 8489 section 10); null where it failed otherwise, or stays.</summary>
    public Alternate? Alternate { get; private set; }

    /// <summary>Failed, and may be left on the server: an Allocate that it could grant was not answered, or was granted.</summary>
    public bool MayRemain => Stage == AllocationStage.Failed && _mayExist;

    /// <summary>The client does not go where the server sends it: the refusal is final.</summary>
    public void Stay(string why)
    {
        Alternate = null;
        Failure += $", {why}";
        FailureKind += $", {why}";
    }

    public void Start(long now) => Begin(StunMethod.Allocate, AllocationStage.Allocating, now);

    /// <summary>Names the peer of an allocation that was made without knowing it.</summary>
    public void Bind(in TransportAddress to, long now)
    {
        _peer = to;
        Begin(BindingMethod, AllocationStage.BindingChannel, now);
    }

    /// <summary>The connection to the server is lost, and with it the allocation (RFC 8656 section 4).</summary>
    public void Abort(string why)
    {
        _hasKey = false; // nothing is left to delete
        _mayExist = false;
        if (Stage == AllocationStage.Deleting)
        {
            _transaction.Close();
            Stage = AllocationStage.Deleted;
        }
        else if (Stage is not (AllocationStage.Deleted or AllocationStage.Failed))
        {
            Fail(why, why);
        }
    }

    /// <summary>Asks for deletion if the server may hold an allocation; a running transaction is given up.</summary>
    public void Delete(long now)
    {
        if (Stage is AllocationStage.Idle or AllocationStage.Deleted || !_hasKey)
        {
            Stage = AllocationStage.Deleted;
            return;
        }

        Begin(StunMethod.Refresh, AllocationStage.Deleting, now);
    }

    /// <summary>The request to send now (a transmission that is due, or a refresh that became due), else nothing.</summary>
    public ReadOnlySpan<byte> TakeDue(long now)
    {
        if (_transaction.TimedOut(now))
        {
            string unverified = _unverified == 0 ? "" : $" ({_unverified} answers failed their MESSAGE-INTEGRITY and were ignored)";
            string patience = IsReliable
                ? string.Create(CultureInfo.InvariantCulture, $"within {TurnTransaction.ReliableTimeout / 1e9:0.0} s")
                : string.Create(CultureInfo.InvariantCulture, $"after {TurnTransaction.Transmissions} transmissions");
            Fail($"no answer to {_method} {patience}{unverified}", NoAnswer);
        }
        else if (Stage == AllocationStage.Ready && !_transaction.IsOpen)
        {
            if (now >= _refreshAt)
            {
                Begin(StunMethod.Refresh, AllocationStage.Ready, now);
            }
            else if (now >= _rebindAt)
            {
                Begin(BindingMethod, AllocationStage.Ready, now);
            }
        }

        return _transaction.TakeDue(now);
    }

    public void OnMessage(in StunMessage message, long now)
    {
        if (!_transaction.Answers(message) || message.Method != _method)
        {
            return; // the answer to an earlier transmission
        }

        if (message.Class == StunClass.SuccessResponse)
        {
            // RFC 8489 section 9.2.5: a response that does not verify is treated as if it had never come.
            if (!MessageIntegrity.Verify(message, _key))
            {
                _unverified++;
                return;
            }

            _transaction.Close();
            _staleNonces = 0;
            OnSuccess(message, now);
        }
        else if (message.Class == StunClass.ErrorResponse)
        {
            // A 300 that anybody could have made up would take the client away: it counts only with the integrity that the request had.
            if (_hasKey && IsRedirection(message) && !MessageIntegrity.Verify(message, _key))
            {
                _unverified++;
                return;
            }

            _transaction.Close();
            OnError(message, now);
        }
    }

    private StunMethod BindingMethod => Framing == Framing.Send ? StunMethod.CreatePermission : StunMethod.ChannelBind;

    private void OnSuccess(in StunMessage message, long now)
    {
        if (Stage == AllocationStage.Deleting)
        {
            Stage = AllocationStage.Deleted;
            return;
        }

        if (_method is StunMethod.Allocate or StunMethod.Refresh)
        {
            uint lifetime = Lifetime.Read(message, out uint seconds) == AttributeResult.Ok ? seconds : 600;
            _refreshAt = now + (RefreshAfter ?? (lifetime * 1_000_000_000L * 2 / 3));
            Refreshed += _method == StunMethod.Refresh ? 1 : 0;
        }

        if (_method == StunMethod.Allocate)
        {
            if (XorRelayedAddress.Read(message, out TransportAddress relayed) != AttributeResult.Ok)
            {
                const string Unusable = "the Allocate success response has no usable XOR-RELAYED-ADDRESS";
                Fail(Unusable, Unusable);
                return;
            }

            Relayed = relayed;
            if (_peer.Port == 0)
            {
                Stage = AllocationStage.Allocated;
                return;
            }

            Begin(BindingMethod, AllocationStage.BindingChannel, now);
        }
        else if (_method == BindingMethod)
        {
            _rebindAt = now + RebindAfter;
            Stage = AllocationStage.Ready;
        }
    }

    private void OnError(in StunMessage message, long now)
    {
        AttributeResult read = ErrorCode.Read(message, out int code, out ReadOnlySpan<byte> reason);
        bool challenge = read == AttributeResult.Ok && code == StunErrorCode.Unauthorized && !_hasKey;
        bool stale = read == AttributeResult.Ok && code == StunErrorCode.StaleNonce && _hasKey && _staleNonces++ < MaximumStaleNonces;
        if ((challenge || stale) && TakeChallenge(message))
        {
            Begin(_method, Stage, now);
        }
        else if (Stage == AllocationStage.Deleting)
        {
            Stage = AllocationStage.Deleted; // 437: it is gone already; anything else: it ends with its lifetime
        }
        else
        {
            string what = read == AttributeResult.Ok
                ? string.Create(CultureInfo.InvariantCulture, $"{code} {Printable(reason)}").TrimEnd()
                : "an error response without a usable ERROR-CODE";
            if (Stage == AllocationStage.Allocating && IsRedirection(message))
            {
                Alternate = AlternateOf(message);
                what += Alternate is { } alternate ? $" to {alternate.Server}" : " without a usable ALTERNATE-SERVER";
            }

            bool isMismatch = read == AttributeResult.Ok && code == StunErrorCode.AllocationMismatch;
            IsTaken = isMismatch && Stage == AllocationStage.Allocating;
            _mayExist &= Stage != AllocationStage.Allocating && !isMismatch;
            Fail($"the server refused {_method}: {what}", what);
        }
    }

    private static bool IsRedirection(in StunMessage message) =>
        ErrorCode.Read(message, out int code, out _) == AttributeResult.Ok && code == StunErrorCode.TryAlternate;

    private static Alternate? AlternateOf(in StunMessage message)
    {
        if (AlternateServer.Read(message, out TransportAddress server) != AttributeResult.Ok || server.Port == 0)
        {
            return null;
        }

        bool hasDomain = AlternateDomain.Read(message, out ReadOnlySpan<byte> domain) == AttributeResult.Ok && domain.Length != 0;
        return new Alternate(server, hasDomain ? Encoding.UTF8.GetString(domain) : null);
    }

    private bool TakeChallenge(in StunMessage message)
    {
        if (Realm.Read(message, out ReadOnlySpan<byte> realm) == AttributeResult.Ok)
        {
            _realm = realm.ToArray();
        }

        if (_realm.Length == 0 || Nonce.Read(message, out ReadOnlySpan<byte> nonce) != AttributeResult.Ok)
        {
            return false;
        }

        _nonce = nonce.ToArray();
        Credential.DeriveKey(_realm, _key);
        _hasKey = true;
        return true;
    }

    private void Begin(StunMethod method, AllocationStage stage, long now)
    {
        _method = method;
        Stage = stage;
        Span<byte> random = stackalloc byte[12];
        RandomNumberGenerator.Fill(random);
        TransactionId id = TransactionId.From(random);
        var writer = new StunMessageWriter(_transaction.Buffer, StunClass.Request, method, id);
        switch (method)
        {
            case StunMethod.Allocate:
                RequestedTransport.Write(ref writer, Udp);
                if (_peer.Family == AddressFamily.IPv6)
                {
                    RequestedAddressFamily.Write(ref writer, AddressFamily.IPv6);
                }

                break;
            case StunMethod.ChannelBind:
                ChannelNumber.Write(ref writer, Channel);
                XorPeerAddress.Write(ref writer, _peer);
                break;
            case StunMethod.CreatePermission:
                XorPeerAddress.Write(ref writer, _peer);
                break;
            case StunMethod.Refresh when stage == AllocationStage.Deleting:
                Lifetime.Write(ref writer, 0);
                break;
        }

        if (_hasKey)
        {
            _mayExist |= method == StunMethod.Allocate;
            Username.Write(ref writer, Credential.Username);
            Realm.Write(ref writer, _realm);
            Nonce.Write(ref writer, _nonce);
            MessageIntegrity.Write(ref writer, _key);
        }

        _transaction.Begin(writer.Finish().Length, id, now);
    }

    private void Fail(string why, string kind)
    {
        _transaction.Close();
        Failure = why;
        FailureKind = kind;
        Stage = AllocationStage.Failed;
    }

    private static string Printable(ReadOnlySpan<byte> text) =>
        string.Concat(Encoding.UTF8.GetString(text).Where(each => !char.IsControl(each)));
}
