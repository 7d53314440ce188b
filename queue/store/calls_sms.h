/* Typed calls about text messages: storing what came in, loading it for the worker, ending it, the
 * outbox, and the officers' telephones. Everything in results is borrowed from the reply. The
 * functions and keys: lua/sms.lua. */
#ifndef QUEUE_STORE_CALLS_SMS_H
#define QUEUE_STORE_CALLS_SMS_H

#include "queue/store/calls_read.h"

#define SMS_TALK_CASES_MAX 8  /* of one telephone */
#define SMS_PARTS_KEPT_MAX 20 /* of one long message */
#define SMS_STORE_ID_MAX 64   /* of an outgoing message */
#define SMS_WRAPPED_BYTES 60  /* of a wrapped key, see seal.h */

/* ---- What came in: one call for the items of a callback, at most STORE_BATCH_MAX ---- */
struct sms_arrived {
    struct slice key; /* the operator's event: known already counts as stored */
    struct slice no;  /* a fresh case number: the message's, and its case's if it opens one */
    struct slice provider;
    struct slice from_hash;
    struct slice same_hash; /* of sender and words; "s" in front of it for a short text */
    int64_t received_ms;
    int64_t time_ms; /* as the operator says, 0 = it does not */
    bool unreadable;
    struct slice part_hash; /* hex hash of sender, receiver, reference and count; "" = whole */
    int part, parts;
    int64_t job_score;
    struct slice wrapped_key, sealed; /* SMS_WRAPPED_BYTES; the text and the number, bound to no */
};

struct sms_receipt {
    struct slice key, provider;
    struct slice id;          /* ours, "" = not given back */
    struct slice provider_id; /* theirs */
    struct slice state;       /* word of sms_report_word(); "unknown" counts below "accepted" */
    bool other_channel;       /* failed, and another channel may try */
};

enum sms_taken { SMS_TAKEN_NEW, SMS_TAKEN_SEEN, SMS_TAKEN_SAME, SMS_TAKEN_OK, SMS_TAKEN_PARKED };

void sms_take_begin(struct fcall *f, const char *region, int64_t same_window_ms, int64_t channels);
void sms_take_message(struct fcall *f, const struct sms_arrived *m);
void sms_take_receipt(struct fcall *f, const struct sms_receipt *r);
MUST_CHECK enum err sms_take_read(const redisReply *reply, enum sms_taken *results, size_t n);

/* ---- For the worker: begin, then 1..64 times fcall_slice(number) ---- */
struct sms_case {
    struct slice no;
    int64_t version;
    enum case_state state;
    struct slice township, inbox, urgency, facts, sealed, wrapped_key, review, hand, clocks,
        approved;
};

struct sms_loaded {
    bool found;
    struct slice provider, from_hash;
    int64_t received_ms, time_ms;
    bool unreadable;
    size_t part_count; /* that there should be, at most SMS_PARTS_KEPT_MAX */
    struct sms_part {
        struct slice no, wrapped_key, sealed; /* no "" = not there yet */
    } parts[SMS_PARTS_KEPT_MAX];
    /* the conversation */
    struct slice ask_word, ask_case; /* "" = nothing was asked */
    int64_t asked_ms, ask_until_ms;
    int64_t misses;
    bool people_known;
    struct slice officer_township, officer_actor; /* "" = no officer */
    struct slice newest; /* number of the newest case, also where it is gone; "" = none */
    size_t case_count;   /* newest first */
    struct sms_case cases[SMS_TALK_CASES_MAX];
    size_t offered_count; /* to an officer by his telephone, newest first */
    struct sms_case offered[SMS_TALK_CASES_MAX];
};
void sms_load_begin(struct fcall *f, const char *region);
MUST_CHECK enum err sms_load_read(const redisReply *reply, struct sms_loaded *rows, size_t n);

/* ---- The end of one message: the new case, the conversation, the answer, the job, in one step
 * ---- */
struct sms_end {
    struct slice token, job_id, no, from_hash;
    /* a case to open under no, facts empty = none */
    struct slice facts, sealed, person_hash, wrapped_key, event_tail;
    int64_t job_score;
    struct slice link; /* case that the conversation is about from now on, "" = as it is */
    bool unlink;
    struct slice ask_word, ask_case;
    int64_t ask_life_ms;
    int64_t misses;
    int people_known;    /* 1, 0, -1 = as it is */
    struct slice answer; /* payload of an SMS job, "" = none */
    int64_t answers_an_hour;
    bool life_safety;
    struct slice wait_case; /* routing of this case waits until wait_ms, "" = none */
    int64_t wait_ms;
    struct slice newest; /* case of the telephone when the message was loaded, "" = none */
};
/* Changed: nothing was written, another message of this telephone has just opened a case: look
 * again. */
enum sms_ended { SMS_ENDED_OK, SMS_ENDED_CUT, SMS_ENDED_STALE, SMS_ENDED_CHANGED };
void sms_end_write(struct fcall *f, const char *region, const struct sms_end *e);
MUST_CHECK enum err sms_end_read(const redisReply *reply, enum sms_ended *out);

/* ---- Outbox ---- */
struct sms_out {
    struct slice job_id, id; /* id: what the operator gets, [A-Za-z0-9-] */
    struct slice case_no;    /* "" = none */
    struct slice template_name;
    int version;
    struct slice to_hash, payload;
    bool tell_officer;     /* of the inbox the case lies in */
    bool officer;          /* he is the reader: the case is offered to him, it is not his own */
    bool link;             /* the telephone's conversation is about this case now */
    struct slice ask_word; /* "" = nothing is asked by it */
    int64_t ask_life_ms;
};
enum sms_leave { SMS_LEAVE_SEND, SMS_LEAVE_SENT, SMS_LEAVE_OFF };
struct sms_begun {
    enum sms_leave leave;
    int64_t channel, tries; /* tries: this one included */
    bool unknown;           /* the answer to an earlier try stayed away: it may have gone out */
};
void sms_begin_begin(struct fcall *f, const char *region);
void sms_begin_add(struct fcall *f, const struct sms_out *m);
MUST_CHECK enum err sms_begin_read(const redisReply *reply, struct sms_begun *results, size_t n);

struct sms_gone {
    struct slice id;
    const char *state; /* sending (again later), unknown, accepted, failed */
    int64_t channel, parts;
    struct slice provider, provider_id, case_no;
    int64_t silence_ms; /* when the citizen is told something by itself, 0 = not */
    int64_t next; /* channel that tries if a receipt has said already that it failed, 0 = none */
};
void sms_sent_begin(struct fcall *f, const char *region);
void sms_sent_add(struct fcall *f, const struct sms_gone *m);
/* again[i]: message i has failed meanwhile, and its next channel is to send it now. */
MUST_CHECK enum err sms_sent_read(const redisReply *reply, bool *again, size_t n);

/* What went out about a case; elements from 2 on are messages of SMS_OUT_FIELDS texts each.
 * ERR_NOT_FOUND. */
#define SMS_OUT_FIELDS 9
struct sms_told {
    struct slice id, template_name, state, provider;
    int64_t version, tries, channel, parts, at_ms;
};
void sms_of_case_write(struct fcall *f, const char *region, struct slice no);
MUST_CHECK enum err sms_of_case_read(const redisReply *reply, struct slice *township,
                                     struct slice *inbox, size_t *count);
/* Message i of that reply. ERR_CORRUPT. */
MUST_CHECK enum err sms_told_read(const redisReply *reply, size_t i, struct sms_told *out);

/* ---- Officers' telephones: of a township or desk ---- */
struct sms_officer {
    struct slice township, hash, actor, sealed, wrapped_key; /* hash "" takes it off */
};
void sms_officer_write(struct fcall *f, const char *region, const struct sms_officer *o,
                       struct slice event_tail);
void sms_officers_begin(struct fcall *f,
                        const char *region); /* then 1..64 times fcall_slice(code) */
/* hash "" = none registered; township is not filled. */
MUST_CHECK enum err sms_officers_read(const redisReply *reply, struct sms_officer *rows, size_t n);

#endif
